import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Clock } from './clock.ts';
import { childDeadline, deadlineSignal } from './deadline.ts';

/** A clock fixed at 1,000 whose sleeps are ended by the test. */
function handClock() {
  const sleeps: { ms: number; wake: () => void; cancelled: boolean }[] = [];
  const clock: Clock = {
    nowMs: () => 0,
    monotonicMs: () => 1_000,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const sleep = { ms, wake: resolve, cancelled: false };
        sleeps.push(sleep);
        signal?.addEventListener('abort', () => {
          sleep.cancelled = true;
          reject(signal.reason as Error);
        });
      }),
  };
  return { clock, sleeps };
}

describe('childDeadline', () => {
  it('never exceeds its parent nor its own allowance', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.nat(), (parentAtMs, ownMs, nowMs) => {
        const atMs = childDeadline(parentAtMs, ownMs, nowMs);
        return atMs <= parentAtMs && atMs <= nowMs + ownMs && (atMs === parentAtMs || atMs === nowMs + ownMs);
      }),
    );
  });
});

describe('deadlineSignal', () => {
  it('aborts with the given reason at the deadline', async () => {
    const { clock, sleeps } = handClock();
    const { signal } = deadlineSignal({ atMs: 1_500, clock, reason: () => new Error('step took too long') });
    expect(sleeps[0]?.ms).toBe(500);
    expect(signal.aborted).toBe(false);
    sleeps[0]?.wake();
    await new Promise(setImmediate);
    expect(signal.reason).toMatchObject({ message: 'step took too long' });
  });

  it('is aborted from the start when the deadline has passed', () => {
    const { signal } = deadlineSignal({ atMs: 1_000, clock: handClock().clock });
    expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
  });

  it('aborts with its parent', () => {
    const parent = new AbortController();
    const { signal } = deadlineSignal({ atMs: 2_000, clock: handClock().clock, parent: parent.signal });
    parent.abort(new Error('lease lost'));
    expect(signal.reason).toMatchObject({ message: 'lease lost' });
  });

  it('never times out once cleared, and leaves no timer', async () => {
    const { clock, sleeps } = handClock();
    const deadline = deadlineSignal({ atMs: 2_000, clock });
    deadline.clear();
    sleeps[0]?.wake();
    await new Promise(setImmediate);
    expect(sleeps[0]?.cancelled).toBe(true);
    expect(deadline.signal.aborted).toBe(false);
  });

  it('does not abort immediately for a deadline beyond the range of timers', () => {
    const { clock, sleeps } = handClock();
    deadlineSignal({ atMs: Number.MAX_SAFE_INTEGER, clock });
    expect(sleeps[0]?.ms).toBe(2_147_483_647);
  });
});
