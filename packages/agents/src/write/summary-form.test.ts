import type { DocumentSummary, Quality, SummaryInput } from '@pressroom/contracts';
import { describe, expect, it } from 'vitest';
import { aStepContext } from '../../test/support/a-step-context.ts';
import { scriptedLlm } from '../../test/support/scripted-llm.ts';
import { treeResearch } from '../../test/support/tree-article.ts';
import { summaryForm } from './summary-form.ts';

const GOOD =
  'Streets with a closed canopy were 3.1 degrees cooler than streets without trees [1]. The department plants 900 trees a ' +
  'year and loses about 200 young trees to drought [2].';
const read = { ...treeResearch, questions: [], notes: [] };
const input: Omit<SummaryInput, 'sources'> = { targetWords: 28, keyPoints: 2, language: 'en' };
const aSummary = (given: Partial<DocumentSummary> = {}): DocumentSummary => ({
  title: 'Trees and heat',
  markdown: GOOD,
  keyPoints: [
    { text: 'Streets with a closed canopy were 3.1 degrees cooler.', sources: [1] },
    { text: 'The department plants 900 trees a year [2].', sources: [2, 2] },
  ],
  ...given,
});
const run = (
  answers: Record<string, unknown>,
  given: { input?: Partial<SummaryInput>; outputs?: Record<string, unknown>; quality?: Quality } = {},
) => {
  const llm = scriptedLlm(answers);
  const context = aStepContext({
    agent: 'write',
    key: 'summary',
    llm,
    input: { ...input, ...given.input },
    outputs: given.outputs ?? { read },
    ...(given.quality && { quality: given.quality }),
  });
  return { llm, outcome: summaryForm.run(context) };
};

describe('summary', () => {
  it('is written in one call from short texts', async () => {
    const { llm, outcome } = run({ summary: aSummary() });
    const { output, limitations } = await outcome;
    expect(limitations).toEqual([]);
    expect(output).toMatchObject({ markdown: GOOD, rounds: 0 });
    expect(output['keyPoints']).toEqual([
      { text: 'Streets with a closed canopy were 3.1 degrees cooler.', sources: [1] },
      { text: 'The department plants 900 trees a year.', sources: [2] },
    ]);
    expect(llm.promptOf('summary')).toContain('The survey measured 48 streets');
  });

  it('is written from points of long texts', async () => {
    const { llm, outcome } = run(
      { summary: aSummary() },
      { outputs: { read: { ...read, notes: treeResearch.notes } } },
    );
    await outcome;
    expect(llm.promptOf('summary')).toContain('n1 [1] Streets');
    expect(llm.promptOf('summary')).not.toContain('The survey measured 48 streets');
  });

  it('repairs figures that no source states and keeps the better text', async () => {
    const wrong = aSummary({ markdown: GOOD.replace('3.1', '7.4') });
    const { llm, outcome } = run({ summary: wrong, 'mend/1': aSummary() });
    await expect(outcome).resolves.toMatchObject({ output: { markdown: GOOD, rounds: 1 }, limitations: [] });
    expect(llm.promptOf('mend/1')).toContain('wrong_fact | 1 |');
  });

  it('reports findings that it could not repair', async () => {
    const wrong = aSummary({ keyPoints: [{ text: 'The department plants 950 trees a year.', sources: [2] }] });
    const { limitations } = await run({ summary: wrong }, { quality: 'economy' }).outcome;
    expect(limitations).toEqual([
      {
        code: 'QUALITY_CHECK_FAILED',
        step: 'summary',
        message: 'The summary fails quality checks: FACT_UNSUPPORTED (1).',
      },
    ]);
  });

  it.each([
    { title: 'is empty', reply: aSummary({ markdown: ' ' }) },
    { title: 'has no citation', reply: aSummary({ markdown: 'Trees cool streets.' }) },
    { title: 'cites an unknown source', reply: aSummary({ markdown: 'Trees cool streets [7].' }) },
    { title: 'has no key points', reply: aSummary({ keyPoints: [] }) },
  ])('rejects a reply that $title', async ({ reply }) => {
    await expect(run({ summary: reply }).outcome).rejects.toMatchObject({ code: 'OUTPUT_INVALID' });
  });

  it('limits the reply by the requested words', async () => {
    const { llm, outcome } = run({ summary: aSummary() });
    await outcome;
    expect(llm.calls[0]?.maxOutputTokens).toBeLessThan(500);
  });
});
