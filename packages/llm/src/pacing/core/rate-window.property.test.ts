import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRateWindow } from './rate-window.ts';

const WINDOW_MS = 60_000;

describe('a rate window', () => {
  it('never exceeds the limit in any period of its length', () => {
    const step = fc.record({ afterMs: fc.integer({ min: 0, max: 20_000 }), amount: fc.integer({ min: 1, max: 40 }) });
    fc.assert(
      fc.property(fc.integer({ min: 40, max: 200 }), fc.array(step, { maxLength: 80 }), (limit, steps) => {
        const window = createRateWindow({ limit, windowMs: WINDOW_MS });
        const consumption: { atMs: number; amount: number }[] = [];
        let nowMs = 0;
        for (const { afterMs, amount } of steps) {
          nowMs += afterMs;
          if (window.waitMs(amount, nowMs) > 0) continue;
          window.consume(amount, nowMs);
          consumption.push({ atMs: nowMs, amount });
        }
        for (const { atMs } of consumption) {
          const within = consumption.filter((other) => other.atMs >= atMs && other.atMs < atMs + WINDOW_MS);
          expect(within.reduce((sum, { amount }) => sum + amount, 0)).toBeLessThanOrEqual(limit);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('returns a wait that suffices and is no longer than the window and a slice', () => {
    const step = fc.record({ afterMs: fc.integer({ min: 0, max: 9_000 }), amount: fc.integer({ min: 1, max: 60 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 100 }), (steps, wanted) => {
        const window = createRateWindow({ limit: 50, windowMs: WINDOW_MS });
        let nowMs = 0;
        for (const { afterMs, amount } of steps) {
          nowMs += afterMs;
          nowMs += window.waitMs(amount, nowMs);
          expect(window.waitMs(amount, nowMs)).toBe(0);
          window.consume(amount, nowMs);
        }
        const waitMs = window.waitMs(wanted, nowMs);
        expect(waitMs).toBeLessThanOrEqual(WINDOW_MS * (1 + 1 / 60));
        expect(window.waitMs(wanted, nowMs + waitMs)).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  it('returns unused capacity', () => {
    const window = createRateWindow({ limit: 100, windowMs: WINDOW_MS });
    const consumption = window.consume(90, 0);
    expect(window.waitMs(20, 1_000)).toBeGreaterThan(0);
    window.correct(consumption, 10);
    expect(window.waitMs(20, 1_000)).toBe(0);
    expect(window.used(1_000)).toBe(10);
  });

  it('admits an amount above the limit when the window is empty', () => {
    const window = createRateWindow({ limit: 100, windowMs: WINDOW_MS });
    expect(window.waitMs(500, 0)).toBe(0);
    window.consume(1, 0);
    expect(window.waitMs(500, 10)).toBeGreaterThan(59_000);
  });
});
