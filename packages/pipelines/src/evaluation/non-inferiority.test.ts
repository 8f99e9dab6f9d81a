import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assessNonInferiority } from './non-inferiority.ts';

const pairs = (...differences: number[]) => differences.map((each) => ({ candidate: 4 + each, reference: 4 }));

describe('assessNonInferiority', () => {
  it('bounds the mean difference by the t-distribution', () => {
    const assessed = assessNonInferiority(pairs(-0.2, 0, 0.2, 0, 0), 0.3);
    // Standard deviation 0.1414 over √5, times 2.132.
    expect(assessed.meanDifference).toBeCloseTo(0);
    expect(assessed.lowerBound).toBeCloseTo(-0.1348, 3);
    expect(assessed.isNonInferior).toBe(true);
  });

  it.each([
    { title: 'a clear loss', differences: [-0.5, -0.4, -0.6, -0.5] },
    { title: 'a mean within the margin that is too uncertain', differences: [-1.5, 1.4, -1.2, 1.1] },
    { title: 'a single pair', differences: [1] },
    { title: 'no pair at all', differences: [] },
  ])('does not accept $title as proof', ({ differences }) => {
    expect(assessNonInferiority(pairs(...differences), 0.3).isNonInferior).toBe(false);
  });

  it('rejects a margin of 0', () => {
    expect(() => assessNonInferiority(pairs(0, 0), 0)).toThrow(RangeError);
  });

  it('never returns a bound above the mean, and a wider margin never reverses a positive result', () => {
    const scores = fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 2, maxLength: 60 });
    fc.assert(
      fc.property(scores, fc.double({ min: 0.01, max: 2, noNaN: true }), (differences, margin) => {
        const assessed = assessNonInferiority(pairs(...differences), margin);
        expect(assessed.lowerBound).toBeLessThanOrEqual(assessed.meanDifference);
        if (assessed.isNonInferior) {
          expect(assessNonInferiority(pairs(...differences), margin * 2).isNonInferior).toBe(true);
        }
      }),
    );
  });
});
