import type { SummaryInput } from '@pressroom/contracts';
import { describe, expect, it } from 'vitest';
import { indexSources } from '../quality/source-index.ts';
import { assembleSummary } from './assemble-summary.ts';
import { checkSummary } from './check-summary.ts';
import { planSummary } from './summary-words.ts';

const sources = [
  { id: 1, title: 'Unused', text: 'Nothing of note happens in the town hall on most days of the week.' },
  {
    id: 2,
    title: 'Survey',
    text: 'The survey measured 48 streets. Streets with trees were 3.1 degrees cooler than others.',
    url: 'https://a.example/s',
  },
  { id: 3, title: 'Parks', text: 'The department plants 900 trees a year and loses about 200 of them to drought.' },
];
const input: SummaryInput = { sources: [], targetWords: 18, keyPoints: 2 };
const summary = {
  title: 'Trees',
  markdown: 'The department plants 900 trees a year [3]. Streets with trees were 3.1 degrees cooler than others [2].',
  keyPoints: [{ text: 'The survey measured 48 streets.', sources: [2, 3] }],
  rounds: 1,
};
const read = { questions: [], sources, notes: [], contradictions: [], gaps: [] };

describe('planSummary', () => {
  const text = (words: number) => [{ id: 1, title: '', text: 'word '.repeat(words) }];
  it.each([
    { title: 'the requested length', given: { targetWords: 120 }, words: 1_000, expected: 120 },
    { title: 'a tenth of the sources', given: {}, words: 2_000, expected: 200 },
    { title: 'at least a paragraph', given: {}, words: 200, expected: 60 },
    { title: 'at most a page', given: {}, words: 50_000, expected: 300 },
    { title: 'fewer words than the sources', given: { targetWords: 120 }, words: 100, expected: 60 },
  ])('plans $title for a summary', ({ given, words, expected }) => {
    expect(planSummary(given, text(words))).toEqual({ targetWords: expected, sourceWords: words, keyPoints: 5 });
  });
});

describe('checkSummary', () => {
  const codes = (given: Partial<typeof summary>) =>
    checkSummary(input, { ...summary, ...given }, planSummary(input, sources), indexSources(sources)).findings.map(
      ({ code, part }) => [code, part],
    );

  it('checks text and key points against their sources', () => {
    expect(codes({ keyPoints: [{ text: 'The survey measured 48 streets.', sources: [2] }] })).toEqual([]);
    expect(codes({ keyPoints: [{ text: 'The survey measured 52 streets.', sources: [2] }] })).toEqual([
      ['FACT_UNSUPPORTED', '2'],
    ]);
    expect(codes({ keyPoints: [{ text: 'The survey measured 48 streets.', sources: [9] }] })).toEqual([
      ['CITATION_UNRESOLVED', '2'],
    ]);
    expect(codes({ keyPoints: [], markdown: summary.markdown.replace('[3]', '[1]') })).toEqual([
      ['CITATION_WRONG', '1'],
    ]);
  });
});

describe('assembleSummary', () => {
  it('numbers sources by first appearance in text, key points, list and data', () => {
    const { document, limitations } = assembleSummary(input, { read, summary });
    expect(limitations).toEqual([]);
    expect(document?.sources).toEqual([
      { id: 1, title: 'Parks' },
      { id: 2, title: 'Survey', url: 'https://a.example/s' },
    ]);
    expect(document?.lead).toBe(
      'The department plants 900 trees a year [1]. Streets with trees were 3.1 degrees cooler than others [2].',
    );
    expect(document?.sections).toEqual([
      { heading: 'Key points', markdown: '- The survey measured 48 streets. [2][1]', citations: [1, 2] },
    ]);
    expect(document?.data).toMatchObject({ keyPoints: [{ sources: [1, 2] }], summary: document?.lead });
  });

  it('has no document without a text, and no list without key points', () => {
    expect(assembleSummary(input, { read }).document).toBeUndefined();
    const { document } = assembleSummary(input, { read, summary: { ...summary, keyPoints: [] } });
    expect(document?.sections).toEqual([]);
  });

  it('removes citations of unknown sources', () => {
    const { document, limitations } = assembleSummary(input, {
      read,
      summary: { ...summary, markdown: 'So it is [2][8].' },
    });
    expect(document?.lead).toBe('So it is [1].');
    expect(limitations).toMatchObject([{ code: 'CITATION_MISSING' }]);
  });
});
