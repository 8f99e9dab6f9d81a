import { describe, expect, it } from 'vitest';

import { adaptLookAhead, FIRST_LOOK_AHEAD } from './look-ahead.ts';

/** Rounds between which workers take `taken` jobs each; answers the look-ahead after every round. */
function afterRounds(rounds: number, taken: number, slots = 32): number[] {
  let lookAhead = FIRST_LOOK_AHEAD;
  let queued = 0;
  return Array.from({ length: rounds }, () => {
    queued = Math.max(0, queued - taken);
    lookAhead = adaptLookAhead(lookAhead, { slots, idle: 0, queued });
    queued = Math.max(queued, lookAhead);
    return lookAhead;
  });
}

describe('adaptLookAhead', () => {
  it('grows until a queue of quick steps no longer runs dry between rounds', () => {
    const settled = afterRounds(50, 10).slice(-10);
    expect(Math.min(...settled)).toBeGreaterThan(10);
  });

  it('shrinks to a few jobs where one is taken now and then', () => {
    expect(afterRounds(200, 0.1).at(-1)).toBeLessThanOrEqual(3);
  });

  it('stays between two and the slots there are, whatever workers take', () => {
    for (const taken of [0, 1, 5, 20, 1_000]) {
      for (const lookAhead of afterRounds(100, taken)) {
        expect(lookAhead).toBeGreaterThanOrEqual(2);
        expect(lookAhead).toBeLessThanOrEqual(32);
      }
    }
  });

  it('keeps one job for a pool without workers, so that it wakes up to something', () => {
    expect(adaptLookAhead(8, { slots: 0, idle: 0, queued: 0 })).toBe(1);
  });

  it('lets go as many as slots lie idle, whatever is on its way to them or lost', () => {
    expect(adaptLookAhead(2, { slots: 32, idle: 20, queued: 6 })).toBe(26);
    expect(adaptLookAhead(2, { slots: 32, idle: 32, queued: 6 })).toBe(32);
  });

  it('takes a few idle slots for what is between two steps', () => {
    expect(adaptLookAhead(4, { slots: 32, idle: 8, queued: 3 })).toBe(4);
  });

  it('does not swing: a steady demand ends in one value', () => {
    const settled = afterRounds(300, 6).slice(-20);
    expect(new Set(settled).size).toBe(1);
  });
});
