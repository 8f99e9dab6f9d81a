import { describe, expect, it } from 'vitest';

import { judgeGrowth } from './judge-growth.ts';

const days = (...sizes: number[]) =>
  sizes.map((storeBytes, index) => ({ day: index + 1, tasks: 1, storeBytes, retentionMs: 0, workMs: 0 }));

describe('growth of the store in a soak', () => {
  it('ignores the days of the first window, and a single day of late vacuum', () => {
    expect(judgeGrowth(days(1, 20, 30, 40, 50, 50, 51, 49, 50, 65, 50), 4)).toMatchObject({ share: 0, isFlat: true });
  });

  it('is detected when every day adds a little', () => {
    expect(judgeGrowth(days(1, 20, 30, 40, 50, 54, 58, 62, 66, 70, 74), 4).isFlat).toBe(false);
  });

  it('requires enough days to compare', () => {
    expect(() => judgeGrowth(days(1, 2, 3, 4, 5, 6), 4)).toThrow('at least 9 rounds');
  });
});
