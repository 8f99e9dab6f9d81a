import type { QualityFinding } from '@pressroom/pipelines';
import { describe, expect, it } from 'vitest';
import { collectDefects } from './collect-defects.ts';

const parts = [
  { part: 'lead', heading: '', markdown: 'The lead says so.' },
  { part: '2', heading: 'H', markdown: 'First claim. Second claim of many words.' },
];
const aFinding = (given: Partial<QualityFinding>): QualityFinding => ({
  code: 'FACT_UNSUPPORTED',
  severity: 'error',
  kind: 'wrong_fact',
  part: '2',
  quote: 'First claim.',
  message: 'no source states it',
  ...given,
});
const aDefect = (given: { part?: string; quote?: string }) => ({
  kind: 'clarity' as const,
  part: '2',
  quote: 'Second claim',
  advice: 'say it plainly',
  ...given,
});

describe('collectDefects', () => {
  it('lists findings of the quality checks first, errors before warnings', () => {
    const warning = aFinding({
      code: 'SENTENCE_UNGROUNDED',
      severity: 'warning',
      kind: 'unsupported',
      quote: 'The lead says so.',
      part: 'lead',
    });
    const defects = collectDefects([warning, aFinding({})], [aDefect({})], parts);
    expect(defects.map(({ kind }) => kind)).toEqual(['wrong_fact', 'unsupported', 'clarity']);
  });

  it('omits findings that edits cannot repair', () => {
    const length = aFinding({ code: 'WORD_COUNT_OFF', part: 'document', quote: '' });
    expect(collectDefects([length, aFinding({ code: 'PART_WORD_COUNT_OFF', quote: '' })], [], parts)).toEqual([]);
  });

  it.each([
    { title: 'a quote that does not occur', defect: aDefect({ quote: 'Never said' }) },
    { title: 'a quote of another part', defect: aDefect({ part: 'lead' }) },
    { title: 'a part that does not exist', defect: aDefect({ part: '9' }) },
    { title: 'an empty quote', defect: aDefect({ quote: '' }) },
  ])('ignores a critique with $title', ({ defect }) => {
    expect(collectDefects([], [defect], parts)).toEqual([]);
  });

  it('recognises the names that models give parts', () => {
    expect(collectDefects([], [aDefect({ part: 'Section 2' })], parts)).toMatchObject([{ part: '2' }]);
  });

  it('lists overlapping quotes once', () => {
    expect(collectDefects([aFinding({})], [aDefect({ quote: 'First claim' })], parts)).toHaveLength(1);
  });
});
