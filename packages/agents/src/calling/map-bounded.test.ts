import { describe, expect, it } from 'vitest';
import { mapBounded } from './map-bounded.ts';

describe('mapBounded', () => {
  it('preserves the order of the items and never exceeds the limit', async () => {
    let active = 0;
    let most = 0;
    const results = await mapBounded([5, 1, 4, 2, 3], 2, async (item) => {
      active += 1;
      most = Math.max(most, active);
      for (let turn = 0; turn < item; turn += 1) await Promise.resolve();
      active -= 1;
      return item * 10;
    });
    expect(results).toEqual([50, 10, 40, 20, 30]);
    expect(most).toBe(2);
  });

  it('starts no call after a rejection and throws it after all running calls have ended', async () => {
    const started: number[] = [];
    const ended: number[] = [];
    const mapped = mapBounded([1, 2, 3, 4], 2, async (item) => {
      started.push(item);
      await Promise.resolve();
      if (item === 1) throw new Error('first');
      await Promise.resolve();
      ended.push(item);
    });
    await expect(mapped).rejects.toThrow('first');
    expect(started).toEqual([1, 2]);
    expect(ended).toEqual([2]);
  });

  it('returns no results for no items', async () => {
    await expect(mapBounded([], 3, () => Promise.resolve(1))).resolves.toEqual([]);
  });
});
