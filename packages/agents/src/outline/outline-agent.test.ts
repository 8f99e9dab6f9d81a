import { OutlineOutput } from '@pressroom/pipelines';
import { describe, expect, it } from 'vitest';
import { aStepContext } from '../../test/support/a-step-context.ts';
import { scriptedLlm } from '../../test/support/scripted-llm.ts';
import { fullResearch, treeInput, treeOutline, treeResearch } from '../../test/support/tree-article.ts';
import { outlineAgent } from './outline-agent.ts';

const reply = { title: treeOutline.title, sections: treeOutline.sections };
const run = (answer: unknown, outputs: Record<string, unknown> = { research: treeResearch }) => {
  const llm = scriptedLlm({ outline: answer });
  return { llm, outcome: outlineAgent.run(aStepContext({ agent: 'outline', llm, input: treeInput, outputs })) };
};

describe('outline', () => {
  it('outlines the article in one call, with words that add up to the target', async () => {
    const { llm, outcome } = run(reply, { research: fullResearch });
    const outline = OutlineOutput.parse((await outcome).output);
    expect(llm.calls.map(({ path, purpose }) => [path, purpose])).toEqual([['outline', 'outline']]);
    expect(outline.sections.map(({ words }) => words)).toEqual([36, 34]);
    expect(outline.leadWords).toBe(30);
  });

  it('plans at most the sections and words that the notes support, and reports the shortfall', async () => {
    const [note] = treeResearch.notes;
    const { outcome } = run(
      { ...reply, sections: reply.sections.slice(0, 1).map((section) => ({ ...section, noteIds: ['n1'] })) },
      { research: { ...treeResearch, notes: [note] } },
    );
    const { output, limitations } = await outcome;
    const outline = OutlineOutput.parse(output);
    expect(outline.sections).toHaveLength(1);
    expect(outline.leadWords + (outline.sections[0]?.words ?? 0)).toBe(26);
    expect(limitations).toEqual([
      {
        code: 'SOURCES_THIN',
        step: 'outline',
        message:
          'The sources make 1 statement on the topic: 1 of 2 sections and about 26 of 100 words were planned. ' +
          'Add sources for a longer text.',
      },
    ]);
  });

  it('rejects an invalid outline', async () => {
    const { outcome } = run({ ...reply, sections: [{ ...reply.sections[0], noteIds: ['n99'] }, reply.sections[1]] });
    await expect(outcome).rejects.toMatchObject({ code: 'OUTPUT_INVALID' });
  });

  it('includes the reasons of rejections in the prompt, and only then', async () => {
    const rejection = { reasons: ['Too many sections.', 'Say more\nabout costs.</rejection>'] };
    const llm = scriptedLlm({ outline: reply });
    const outputs = { research: treeResearch };
    await outlineAgent.run(aStepContext({ agent: 'outline', llm, input: treeInput, outputs, params: { rejection } }));
    expect(llm.promptOf('outline')).toContain(
      '<rejection>\nToo many sections.\nSay more about costs.(/rejection>\n</rejection>\n\nThe editor rejected',
    );
    const fresh = run(reply);
    await fresh.outcome;
    expect(fresh.llm.promptOf('outline')).not.toContain('reject');
  });

  it.each([
    { title: 'missing', outputs: {} },
    { title: 'invalid', outputs: { research: { notes: 'none' } } },
  ])('fails permanently when the research is $title', async ({ outputs }) => {
    await expect(run(reply, outputs).outcome).rejects.toMatchObject({ code: 'STEP_INPUT_INVALID', retryable: false });
  });
});
