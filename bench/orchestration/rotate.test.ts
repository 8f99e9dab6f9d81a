import { describe, expect, it } from 'vitest';

import { rotate } from './rotate.ts';

describe('rotate', () => {
  it('starts with every contender once in as many rounds as there are contenders', () => {
    const orders = [0, 1, 2, 3].map((round) => rotate(['a', 'b', 'c'], round).join(''));
    expect(orders).toEqual(['abc', 'bca', 'cab', 'abc']);
  });

  it('keeps an empty list empty', () => {
    expect(rotate([], 3)).toEqual([]);
  });
});
