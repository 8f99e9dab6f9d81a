import { describe, expect, it } from 'vitest';
import { aStepContext } from '../../test/support/a-step-context.ts';
import { Failure } from '../../test/support/failure.ts';
import { scriptedLlm } from '../../test/support/scripted-llm.ts';
import { LEAD, SECTION_1, treeInput, treeOutline, treeResearch } from '../../test/support/tree-article.ts';
import { draftAgent } from './draft-agent.ts';

const run = (answers: Record<string, unknown>, params: Record<string, unknown> = { part: 1 }, signal?: AbortSignal) => {
  const llm = scriptedLlm(answers);
  const context = aStepContext({
    agent: 'draft',
    key: 'draft-1',
    llm,
    input: treeInput,
    params,
    outputs: { research: treeResearch, outline: treeOutline },
    ...(signal && { signal }),
  });
  return { llm, outcome: draftAgent.run(context) };
};
const TOO_LONG = `${SECTION_1} ${'The survey measured streets in summer [1]. '.repeat(3)}`.trim();

describe('draft', () => {
  it('writes a section of the right length in one call', async () => {
    const { llm, outcome } = run({ draft: { markdown: SECTION_1 } });
    await expect(outcome).resolves.toEqual({ output: { part: 1, markdown: SECTION_1, words: 33 }, limitations: [] });
    expect(llm.calls.map(({ path, purpose }) => [path, purpose])).toEqual([['draft', 'draft-section']]);
  });

  it('writes the lead with its own purpose', async () => {
    const { llm, outcome } = run({ draft: { markdown: LEAD } }, { part: 'lead' });
    await expect(outcome).resolves.toMatchObject({ output: { part: 'lead', markdown: LEAD } });
    expect(llm.calls[0]?.purpose).toBe('draft-lead');
    expect(llm.promptOf('draft')).toContain('<section number="lead"');
  });

  it('adjusts the length once when it is off by more than 15 %', async () => {
    const { llm, outcome } = run({ draft: { markdown: TOO_LONG }, 'adjust/1': { markdown: SECTION_1 } });
    await expect(outcome).resolves.toMatchObject({ output: { markdown: SECTION_1 } });
    expect(llm.paths()).toEqual(['draft', 'adjust/1']);
    expect(llm.promptOf('adjust/1')).toContain('has 51 words and must have 36');
  });

  it('keeps the first text when the adjusted one is further off', async () => {
    const { outcome } = run({ draft: { markdown: TOO_LONG }, 'adjust/1': { markdown: 'Too short now [1].' } });
    await expect(outcome).resolves.toMatchObject({ output: { markdown: TOO_LONG }, limitations: [] });
  });

  it('keeps the first text when the adjustment fails', async () => {
    const { outcome } = run({ draft: { markdown: TOO_LONG }, 'adjust/1': new Failure('PROVIDER_UNAVAILABLE', true) });
    await expect(outcome).resolves.toMatchObject({ output: { markdown: TOO_LONG } });
  });

  it('stops after its lease is lost', async () => {
    const { outcome } = run({ draft: { markdown: TOO_LONG }, 'adjust/1': new Failure('LEASE_LOST', true) });
    await expect(outcome).rejects.toMatchObject({ code: 'LEASE_LOST' });
  });

  it.each([
    { title: 'is empty', markdown: '## Heading only' },
    { title: 'has no citation', markdown: SECTION_1.replaceAll(' [1]', '') },
    { title: 'cites a source of another section', markdown: SECTION_1.replace('[1]', '[2]') },
  ])('rejects a text that $title', async ({ markdown }) => {
    await expect(run({ draft: { markdown } }).outcome).rejects.toMatchObject({ code: 'OUTPUT_INVALID' });
  });

  it('limits the reply by the requested words', async () => {
    const { llm, outcome } = run({ draft: { markdown: SECTION_1 } });
    await outcome;
    expect(llm.calls[0]?.maxOutputTokens).toBeLessThan(300);
  });

  it.each([{ part: 3 }, { part: 0 }, { part: 'tail' }, {}])('fails permanently with parameters %j', async (params) => {
    await expect(run({}, params).outcome).rejects.toMatchObject({ code: 'STEP_INPUT_INVALID', retryable: false });
  });
});
