import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planWords, shareWords } from './word-plan.ts';

describe('planWords', () => {
  it.each([
    { input: {}, expected: { targetWords: 800, leadWords: 80, sections: 3, isSectionCountFixed: false } },
    { input: { targetWords: 1_500 }, expected: { leadWords: 150, sections: 6 } },
    { input: { targetWords: 10_000 }, expected: { leadWords: 150, sections: 8 } },
    { input: { targetWords: 100 }, expected: { leadWords: 30, sections: 1 } },
    { input: { targetWords: 300 }, expected: { leadWords: 60, sections: 3 } },
    { input: { targetWords: 800, sections: 12 }, expected: { sections: 12, isSectionCountFixed: true } },
  ])('plans $input', ({ input, expected }) => {
    expect(planWords(input)).toMatchObject(expected);
  });
});

describe('shareWords', () => {
  it('keeps proportions', () => {
    expect(shareWords([100, 200, 100], 400)).toEqual([100, 200, 100]);
  });

  it('adds up exactly and gives every part at least one word, for any weights', () => {
    const weights = fc.array(fc.oneof(fc.integer({ min: -5, max: 5_000 }), fc.constant(Number.NaN)), {
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(weights, fc.integer({ min: 12, max: 10_000 }), (given, total) => {
        const shares = shareWords(given, total);
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(total);
        expect(shares.every((share) => Number.isInteger(share) && share >= 1)).toBe(true);
      }),
    );
  });
});
