import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createOperationPace } from './operation-pace.ts';

describe('createOperationPace', () => {
  it('allows one item at once, then follows the rate', () => {
    const pace = createOperationPace();
    expect(pace.take('a', 2, 0, 10)).toBe(1);
    expect(pace.take('a', 2, 499, 10)).toBe(0);
    expect(pace.take('a', 2, 500, 10)).toBe(1);
  });

  it('allows no burst after a pause', () => {
    const pace = createOperationPace();
    pace.take('a', 5, 0, 10);
    expect(pace.take('a', 5, 60_000, 1_000)).toBe(5);
  });

  it('supports rates below one per second', () => {
    const pace = createOperationPace();
    expect(pace.take('a', 0.5, 0, 10)).toBe(1);
    expect(pace.take('a', 0.5, 1_999, 10)).toBe(0);
    expect(pace.take('a', 0.5, 2_000, 10)).toBe(1);
  });

  it('has no limit without a rate, and one bucket per operation', () => {
    const pace = createOperationPace();
    expect(pace.take('a', null, 0, 20)).toBe(20);
    expect([pace.take('b', 1, 0, 5), pace.take('c', 1, 0, 5)]).toEqual([1, 1]);
  });

  it('never exceeds the rate, at any call times', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 1_000, noNaN: true }), fc.array(fc.nat(500)), (rate, pausesMs) => {
        const pace = createOperationPace();
        let nowMs = 0;
        let taken = pace.take('a', rate, nowMs, 1_000);
        for (const pauseMs of pausesMs) {
          nowMs += pauseMs;
          taken += pace.take('a', rate, nowMs, 1_000);
        }
        expect(taken).toBeLessThanOrEqual(1 + (rate * nowMs) / 1_000 + 1e-6);
      }),
    );
  });

  it('makes refunded tokens available again', () => {
    const pace = createOperationPace();
    pace.take('a', 10, 0, 10);
    expect(pace.take('a', 10, 500, 10)).toBe(5);
    pace.refund('a', 3);
    expect(pace.take('a', 10, 500, 10)).toBe(3);
  });
});
