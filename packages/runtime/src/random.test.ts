import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { seededRandom, systemRandom } from './random.ts';

describe('seededRandom', () => {
  it('repeats its sequence for the same seed', () => {
    const [a, b] = [seededRandom(7), seededRandom(7)];
    expect(Array.from({ length: 20 }, a)).toEqual(Array.from({ length: 20 }, b));
  });

  it('differs between seeds', () => {
    expect(seededRandom(1)()).not.toBe(seededRandom(2)());
  });

  it('stays within [0, 1) for every seed', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = seededRandom(seed);
        return Array.from({ length: 50 }, random).every((value) => value >= 0 && value < 1);
      }),
    );
  });

  it('is approximately uniform', () => {
    const random = seededRandom(42);
    const mean = Array.from({ length: 10_000 }, random).reduce((sum, value) => sum + value, 0) / 10_000;
    expect(mean).toBeGreaterThan(0.48);
    expect(mean).toBeLessThan(0.52);
  });
});

describe('systemRandom', () => {
  it('stays within [0, 1)', () => {
    const value = systemRandom();
    expect(value >= 0 && value < 1).toBe(true);
  });
});
