import { describe, expect, it } from 'vitest';

import { adaptLookAhead, FIRST_LOOK_AHEAD } from './look-ahead.ts';

/** Dispatches between which workers take `taken` jobs; returns the look-ahead after each dispatch. */
function afterDispatches(count: number, taken: number, slots = 32): number[] {
  let lookAhead = FIRST_LOOK_AHEAD;
  let queued = 0;
  return Array.from({ length: count }, () => {
    queued = Math.max(0, queued - taken);
    lookAhead = adaptLookAhead(lookAhead, { slots, idle: 0, queued });
    queued = Math.max(queued, lookAhead);
    return lookAhead;
  });
}

describe('adaptLookAhead', () => {
  it('grows until a queue of quick steps no longer runs dry between dispatches', () => {
    const settled = afterDispatches(50, 10).slice(-10);
    expect(Math.min(...settled)).toBeGreaterThan(10);
  });

  it('shrinks to a few jobs when consumption is slow', () => {
    expect(afterDispatches(200, 0.1).at(-1)).toBeLessThanOrEqual(3);
  });

  it('stays between two and the number of slots at any consumption', () => {
    for (const taken of [0, 1, 5, 20, 1_000]) {
      for (const lookAhead of afterDispatches(100, taken)) {
        expect(lookAhead).toBeGreaterThanOrEqual(2);
        expect(lookAhead).toBeLessThanOrEqual(32);
      }
    }
  });

  it('keeps one job for a pool without workers, so that a new worker finds it at once', () => {
    expect(adaptLookAhead(8, { slots: 0, idle: 0, queued: 0 })).toBe(1);
  });

  it('adds a job per idle slot even when earlier jobs are in transit or lost', () => {
    expect(adaptLookAhead(2, { slots: 32, idle: 20, queued: 6 })).toBe(26);
    expect(adaptLookAhead(2, { slots: 32, idle: 32, queued: 6 })).toBe(32);
  });

  it('ignores a few idle slots, which are between two steps', () => {
    expect(adaptLookAhead(4, { slots: 32, idle: 8, queued: 3 })).toBe(4);
  });

  it('converges to one value at a steady demand', () => {
    const settled = afterDispatches(300, 6).slice(-20);
    expect(new Set(settled).size).toBe(1);
  });
});
