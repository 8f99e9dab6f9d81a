import type { Clock } from './clock.ts';

/**
 * When a child must be done: after its own allowance, but never later than its parent. Pure.
 *
 * @returns milliseconds on the clock of `nowMs`
 */
export function childDeadline(parentAtMs: number, ownMs: number, nowMs: number): number {
  return Math.min(parentAtMs, nowMs + ownMs);
}

export interface DeadlineSignal {
  signal: AbortSignal;
  /** Stops the timer; the signal then follows only its parent. Call it when the work is over. */
  clear(): void;
}

/**
 * A signal that aborts at `atMs`, or earlier with its parent.
 *
 * @param atMs milliseconds on the monotonic clock, which no change of the wall clock moves; in the past: already aborted
 * @param reason makes what the work is rejected with, so that each level can throw its own error; by default a `TimeoutError`
 */
export function deadlineSignal(options: {
  atMs: number;
  clock: Clock;
  parent?: AbortSignal;
  reason?: () => Error;
}): DeadlineSignal {
  const own = new AbortController();
  const timer = new AbortController();
  const expire = () => {
    own.abort(options.reason?.() ?? new DOMException('the deadline has passed', 'TimeoutError'));
  };
  const leftMs = options.atMs - options.clock.monotonicMs();
  if (leftMs <= 0) expire();
  else {
    // A timer longer than 2^31 − 1 ms would fire at once.
    options.clock.sleep(Math.min(leftMs, 2_147_483_647), timer.signal).then(expire, () => undefined);
  }
  return {
    signal: options.parent === undefined ? own.signal : AbortSignal.any([options.parent, own.signal]),
    clear: () => {
      timer.abort();
    },
  };
}
