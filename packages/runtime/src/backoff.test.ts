import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { calculateBackoffMs } from './backoff.ts';

const policy = { baseMs: 100, capMs: 10_000 };

describe('calculateBackoffMs', () => {
  it.each([
    { failures: 1, expected: 100 },
    { failures: 2, expected: 200 },
    { failures: 5, expected: 1_600 },
    { failures: 8, expected: 10_000 },
    { failures: 5_000, expected: 10_000 },
    { failures: 0, expected: 100 },
  ])('has a ceiling of $expected ms after $failures failures', ({ failures, expected }) => {
    expect(calculateBackoffMs(failures, policy, 0.999_999)).toBe(expected);
  });

  it('covers the whole range below the ceiling', () => {
    expect(calculateBackoffMs(5, policy, 0)).toBe(0);
    expect(calculateBackoffMs(5, policy, 0.5)).toBe(800);
  });

  it('is never shorter than retryAfterMs', () => {
    expect(calculateBackoffMs(1, policy, 0.1, 30_000)).toBe(30_000);
    expect(calculateBackoffMs(8, policy, 0.9, 50)).toBe(9_000);
    expect(calculateBackoffMs(1, policy, 0.1, 30_000.2)).toBe(30_001);
  });

  it('stays between zero and the cap for any input without retryAfterMs', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e6 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (failures, random) => {
          const waitMs = calculateBackoffMs(failures, policy, random);
          return waitMs >= 0 && waitMs <= policy.capMs && Number.isInteger(waitMs);
        },
      ),
    );
  });
});
