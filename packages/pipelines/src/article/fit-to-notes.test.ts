import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeShortfall, fitToNotes } from './fit-to-notes.ts';
import { planWords } from './word-plan.ts';

const notes = (count: number, words = 15) =>
  Array.from({ length: count }, () => ({ text: Array.from({ length: words }, () => 'word').join(' ') }));

describe('fitToNotes', () => {
  it.each([
    {
      title: 'one note supports one section of a few words',
      count: 1,
      requested: { sections: 6, targetWords: 500 },
      expected: { sections: 1, targetWords: 30 },
    },
    {
      title: 'three notes support at most three sections',
      count: 3,
      requested: { sections: 6, targetWords: 500 },
      expected: { sections: 3, targetWords: 90 },
    },
    {
      title: 'only the words are reduced when there are few sections',
      count: 5,
      requested: { sections: 1, targetWords: 500 },
      expected: { sections: 1, targetWords: 150 },
    },
    {
      title: 'an unspecified size is planned from the notes',
      count: 2,
      requested: {},
      expected: { targetWords: 60, sections: 1 },
    },
    {
      title: 'nothing changes when the notes support all of it',
      count: 40,
      requested: { sections: 6, targetWords: 1_000 },
      expected: { sections: 6, targetWords: 1_000 },
    },
    {
      title: 'nothing changes without notes',
      count: 0,
      requested: { sections: 3, targetWords: 500 },
      expected: { sections: 3, targetWords: 500 },
    },
    {
      title: 'every section has room for a sentence, with or without notes',
      count: 0,
      requested: { sections: 12, targetWords: 100 },
      expected: { sections: 4, targetWords: 100 },
    },
  ])('$title', ({ count, requested, expected }) => {
    const { targetWords, sections } = planWords(fitToNotes(requested, notes(count)));
    expect({ targetWords, sections }).toEqual(expected);
  });

  const sizes = fc.record(
    { sections: fc.integer({ min: 1, max: 12 }), targetWords: fc.integer({ min: 100, max: 10_000 }) },
    { requiredKeys: [] },
  );
  const anyNotes = fc
    .array(fc.nat({ max: 60 }), { maxLength: 40 })
    .map((lengths) => lengths.flatMap((n) => notes(1, n)));

  it('never plans more than requested or more than one section per note, and is idempotent', () => {
    fc.assert(
      fc.property(sizes, anyNotes, (requested, given) => {
        const fitted = fitToNotes(requested, given);
        const [before, after] = [planWords(requested), planWords(fitted)];
        expect(after.targetWords).toBeLessThanOrEqual(before.targetWords);
        if (given.length > 0) expect(after.sections).toBeLessThanOrEqual(given.length);
        expect(after.sections).toBeGreaterThanOrEqual(1);
        expect(after.sectionWords).toBeGreaterThanOrEqual(after.sections);
        expect(fitToNotes(fitted, given)).toEqual(fitted);
      }),
    );
  });

  it('describes a shortfall exactly when the plan is below the request', () => {
    expect(describeShortfall({ sections: 3, targetWords: 500 }, notes(40))).toBeUndefined();
    expect(describeShortfall({ sections: 3, targetWords: 500 }, notes(2))).toBe(
      'The sources make 2 statements on the topic: 2 of 3 sections and about 60 of 500 words were planned. Add sources for a longer text.',
    );
    expect(describeShortfall({ sections: 12, targetWords: 100 }, [])).toBe(
      '100 words do not fill 12 sections: 4 of 12 sections were planned. Request more words or fewer sections.',
    );
  });
});
