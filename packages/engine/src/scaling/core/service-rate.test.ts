import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { addAttempt, readServiceRate, startServiceRate } from './service-rate.ts';

/** Attempts with the same duration, evenly spread over a period. */
function steady(perMinute: number, durationMs: number, minutes: number) {
  let rate = startServiceRate(0);
  const count = perMinute * minutes;
  for (let n = 1; n <= count; n += 1) rate = addAttempt(rate, durationMs, (n * 60_000) / perMinute);
  return { rate, endMs: minutes * 60_000 };
}

describe('the service rate', () => {
  it('is unknown before the first attempt', () => {
    expect(readServiceRate(startServiceRate(0), 1_000)).toBeUndefined();
  });

  it('measures rate and duration of steady work', () => {
    const { rate, endMs } = steady(30, 4_000, 10);
    const read = readServiceRate(rate, endMs);
    expect(read?.meanMs).toBeCloseTo(4_000);
    expect(read?.perMinute).toBeGreaterThan(29);
    expect(read?.perMinute).toBeLessThan(31);
  });

  it('follows a change within a few minutes', () => {
    let { rate } = steady(60, 1_000, 10);
    for (let second = 1; second <= 180; second += 1) rate = addAttempt(rate, 9_000, 600_000 + second * 1_000);
    expect(readServiceRate(rate, 780_000)?.meanMs).toBeGreaterThan(8_000);
  });

  it('decays without new attempts until it is undefined, with an unchanged mean duration', () => {
    const { rate, endMs } = steady(60, 2_000, 5);
    const later = readServiceRate(rate, endMs + 120_000);
    expect(later?.meanMs).toBeCloseTo(2_000);
    expect(later?.perMinute).toBeLessThan(60 * 0.15);
    expect(readServiceRate(rate, endMs + 3_600_000)).toBeUndefined();
  });

  it('has a mean between the shortest and the longest attempt, for any order of times', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.double({ min: 0, max: 1e6, noNaN: true }), fc.integer({ min: 0, max: 300_000 })), {
          minLength: 1,
          maxLength: 50,
        }),
        (attempts) => {
          const rate = attempts.reduce(
            (sum, [durationMs, atMs]) => addAttempt(sum, durationMs, atMs),
            startServiceRate(0),
          );
          const read = readServiceRate(rate, rate.atMs);
          const durations = attempts.map(([durationMs]) => durationMs);
          expect(read?.meanMs).toBeGreaterThanOrEqual(Math.min(...durations) * 0.999 - 1e-6);
          expect(read?.meanMs).toBeLessThanOrEqual(Math.max(...durations) * 1.001 + 1e-6);
        },
      ),
    );
  });
});
