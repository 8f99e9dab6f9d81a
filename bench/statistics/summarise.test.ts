import { describe, expect, it } from 'vitest';

import { percentile, ratiosByRound, summarise } from './summarise.ts';

describe('summarise', () => {
  it('returns the middle one of an odd number of values, in any order', () => {
    expect(summarise([30, 10, 20])).toEqual({ median: 20, min: 10, max: 30, n: 3 });
  });

  it('returns the mean of the middle two of an even number', () => {
    expect(summarise([4, 1, 2, 100])).toEqual({ median: 3, min: 1, max: 100, n: 4 });
  });

  it('sorts by value, not as text, and does not change the given list', () => {
    const values = [100, 9, 20];
    expect(summarise(values).median).toBe(20);
    expect(values).toEqual([100, 9, 20]);
  });

  it('rejects an empty list', () => {
    expect(() => summarise([])).toThrow(RangeError);
  });
});

describe('percentile', () => {
  const oneToHundred = Array.from({ length: 100 }, (_, index) => 100 - index);

  it.each([
    { share: 0.5, expected: 50 },
    { share: 0.95, expected: 95 },
    { share: 0.99, expected: 99 },
    { share: 1, expected: 100 },
    { share: 0.001, expected: 1 },
  ])('returns the value of nearest rank: $share of 1…100 is $expected', ({ share, expected }) => {
    expect(percentile(oneToHundred, share)).toBe(expected);
  });

  it('only returns measured values', () => {
    expect(percentile([1, 1_000], 0.5)).toBe(1);
    expect(percentile([1, 1_000], 0.51)).toBe(1_000);
  });

  it('rejects shares outside (0, 1] and empty lists', () => {
    expect(() => percentile([1], 0)).toThrow(RangeError);
    expect(() => percentile([1], 1.1)).toThrow(RangeError);
    expect(() => percentile([], 0.5)).toThrow(RangeError);
  });
});

describe('ratiosByRound', () => {
  it('divides within a round only, so that drift between rounds cancels out', () => {
    const ours = new Map([
      [1, 400],
      [2, 200],
    ]);
    const peers = new Map([
      [1, 200],
      [2, 100],
    ]);
    expect(ratiosByRound(ours, peers)).toEqual([2, 2]);
  });

  it('omits rounds of only one contender', () => {
    expect(ratiosByRound(new Map([[1, 400]]), new Map([[2, 100]]))).toEqual([]);
    expect(ratiosByRound(new Map([[1, 400]]), new Map([[1, 0]]))).toEqual([]);
  });
});
