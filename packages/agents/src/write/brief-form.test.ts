import type { BriefInput, ContentBrief } from '@pressroom/contracts';
import { describe, expect, it } from 'vitest';
import { aStepContext } from '../../test/support/a-step-context.ts';
import { scriptedLlm } from '../../test/support/scripted-llm.ts';
import { treeInput, treeResearch } from '../../test/support/tree-article.ts';
import { briefForm } from './brief-form.ts';

const input: BriefInput = { ...treeInput, goal: 'Readers adopt a tree.', keywords: ['street trees'] };
const aBrief = (given: Partial<ContentBrief> = {}): ContentBrief => ({
  title: 'Trees that cool',
  angle: 'What a survey of 48 streets measured.',
  readers: 'Residents of hot streets.',
  sections: [
    { heading: 'Cooler by 3.1 degrees', purpose: 'The effect.', points: ['the survey'], noteIds: ['n1'], words: 10 },
    { heading: 'What it takes', purpose: 'The effort.', points: ['planting'], noteIds: ['n3'], words: 30 },
  ],
  searchTerms: ['street trees', ' street trees ', 'heat'],
  risks: ['Young trees do nothing yet.'],
  ...given,
});
const run = (answers: Record<string, unknown>, given: Partial<BriefInput> = {}) => {
  const llm = scriptedLlm(answers);
  // As later steps receive it.
  const rest = { ...input, ...given, sources: undefined };
  const context = aStepContext({ agent: 'write', key: 'brief', llm, input: rest, outputs: { research: treeResearch } });
  return { llm, outcome: briefForm.run(context) };
};

describe('brief', () => {
  it('is written in one call, with words that add up to those of the text', async () => {
    const { llm, outcome } = run({ brief: aBrief() });
    const { output, limitations } = await outcome;
    expect(limitations).toEqual([]);
    expect(output).toMatchObject({ angle: aBrief().angle, keywords: ['street trees', 'heat'], rounds: 0 });
    expect((output['sections'] as { words: number }[]).map(({ words }) => words)).toEqual([26, 74]);
    expect(llm.calls.map(({ path, purpose }) => [path, purpose])).toEqual([['brief', 'content-brief']]);
    expect(llm.promptOf('brief')).toContain('Goal: Readers adopt a tree.');
    expect(llm.promptOf('brief')).toContain('n1 [1] Streets with a closed canopy');
  });

  it.each([
    { title: 'another number of sections', reply: aBrief({ sections: aBrief().sections.slice(1) }) },
    {
      title: 'notes that do not exist',
      reply: aBrief({ sections: aBrief().sections.map((s) => ({ ...s, noteIds: ['n9'] })) }),
    },
    { title: 'no angle', reply: aBrief({ angle: ' ' }) },
  ])('rejects a reply with $title', async ({ reply }) => {
    await expect(run({ brief: reply }).outcome).rejects.toMatchObject({ code: 'OUTPUT_INVALID' });
  });

  it('repairs style violations by a call and headings without one', async () => {
    const wrong = aBrief({ angle: 'What users should know.', risks: [] });
    const { llm, outcome } = run(
      { brief: wrong, 'mend/1': aBrief() },
      { styleGuide: 'Say "people", never "users". Say "warmer", never "Cooler".' },
    );
    const { output } = await outcome;
    expect(output).toMatchObject({ angle: aBrief().angle, rounds: 1 });
    expect((output['sections'] as { heading: string }[])[0]?.heading).toBe('Warmer by 3.1 degrees');
    expect(llm.promptOf('mend/1')).toContain(
      'style | lead | "What users should know." | write "people" instead of "users".',
    );
  });
});
