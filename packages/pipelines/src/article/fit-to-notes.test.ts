import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeShortfall, fitToNotes } from './fit-to-notes.ts';
import { planWords } from './word-plan.ts';

const notes = (count: number, words = 15) =>
  Array.from({ length: count }, () => ({ text: Array.from({ length: words }, () => 'word').join(' ') }));

describe('fitToNotes', () => {
  it.each([
    {
      title: 'one note carries one section of some words',
      count: 1,
      asked: { sections: 6, targetWords: 500 },
      expected: { sections: 1, targetWords: 30 },
    },
    {
      title: 'three notes carry three sections at most',
      count: 3,
      asked: { sections: 6, targetWords: 500 },
      expected: { sections: 3, targetWords: 90 },
    },
    {
      title: 'words alone are reduced where sections are few',
      count: 5,
      asked: { sections: 1, targetWords: 500 },
      expected: { sections: 1, targetWords: 150 },
    },
    {
      title: 'what was not asked for is planned from the notes',
      count: 2,
      asked: {},
      expected: { targetWords: 60, sections: 1 },
    },
    {
      title: 'nothing changes where notes carry it all',
      count: 40,
      asked: { sections: 6, targetWords: 1_000 },
      expected: { sections: 6, targetWords: 1_000 },
    },
    {
      title: 'nothing changes without notes',
      count: 0,
      asked: { sections: 3, targetWords: 500 },
      expected: { sections: 3, targetWords: 500 },
    },
    {
      title: 'sections have room for a sentence, notes or not',
      count: 0,
      asked: { sections: 12, targetWords: 100 },
      expected: { sections: 4, targetWords: 100 },
    },
  ])('$title', ({ count, asked, expected }) => {
    const { targetWords, sections } = planWords(fitToNotes(asked, notes(count)));
    expect({ targetWords, sections }).toEqual(expected);
  });

  const sizes = fc.record(
    { sections: fc.integer({ min: 1, max: 12 }), targetWords: fc.integer({ min: 100, max: 10_000 }) },
    { requiredKeys: [] },
  );
  const anyNotes = fc
    .array(fc.nat({ max: 60 }), { maxLength: 40 })
    .map((lengths) => lengths.flatMap((n) => notes(1, n)));

  it('never plans more than was asked for or than one section a note, and is the same when done again', () => {
    fc.assert(
      fc.property(sizes, anyNotes, (asked, given) => {
        const fitted = fitToNotes(asked, given);
        const [before, after] = [planWords(asked), planWords(fitted)];
        expect(after.targetWords).toBeLessThanOrEqual(before.targetWords);
        if (given.length > 0) expect(after.sections).toBeLessThanOrEqual(given.length);
        expect(after.sections).toBeGreaterThanOrEqual(1);
        expect(after.sectionWords).toBeGreaterThanOrEqual(after.sections);
        expect(fitToNotes(fitted, given)).toEqual(fitted);
      }),
    );
  });

  it('is described exactly where something asked for is missing', () => {
    expect(describeShortfall({ sections: 3, targetWords: 500 }, notes(40))).toBeUndefined();
    expect(describeShortfall({ sections: 3, targetWords: 500 }, notes(2))).toBe(
      'The sources make 2 statements on the topic: 2 of 3 sections and about 60 of 500 words were planned. Add sources for a longer text.',
    );
    expect(describeShortfall({ sections: 12, targetWords: 100 }, [])).toBe(
      '100 words do not fill 12 sections: 4 of 12 sections were planned. Ask for more words or fewer sections.',
    );
  });
});
