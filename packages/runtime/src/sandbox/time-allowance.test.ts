import { describe, expect, it } from 'vitest';
import { createTimeAllowance } from './time-allowance.ts';

describe('createTimeAllowance', () => {
  it('halves the limit with each strike, down to a quarter, and restores it some time after the last', () => {
    let nowMs = 0;
    const allowance = createTimeAllowance(1_000, () => nowMs);
    expect(allowance.limitMs('a', 800)).toBe(800);
    for (const expected of [400, 200, 200]) {
      nowMs += 900;
      allowance.addStrike('a');
      expect(allowance.limitMs('a', 800)).toBe(expected);
    }
    expect(allowance.limitMs('b', 800)).toBe(800);
    nowMs += 1_000;
    expect(allowance.limitMs('a', 800)).toBe(800);
    allowance.addStrike('a');
    expect(allowance.limitMs('a', 800)).toBe(400);
  });

  it('remembers a thousand tenants', () => {
    const allowance = createTimeAllowance(1_000, () => 0);
    for (let n = 0; n <= 1_000; n += 1) allowance.addStrike(`tenant ${n}`);
    expect(allowance.limitMs('tenant 0', 800)).toBe(800);
    expect(allowance.limitMs('tenant 1', 800)).toBe(400);
  });
});
