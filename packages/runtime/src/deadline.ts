import type { Clock } from './clock.ts';

/**
 * The deadline of a child: its own allowance from now, but never later than its parent. Pure.
 *
 * @returns milliseconds on the clock of `nowMs`
 */
export function childDeadline(parentAtMs: number, ownMs: number, nowMs: number): number {
  return Math.min(parentAtMs, nowMs + ownMs);
}

export interface DeadlineSignal {
  signal: AbortSignal;
  /** Stops the timer; the signal then follows only its parent. Call it when the work has ended. */
  clear(): void;
}

/**
 * Creates a signal that aborts at `atMs`, or earlier with its parent.
 *
 * @param atMs monotonic milliseconds; in the past: already aborted
 * @param reason creates the abort reason, so that each level can throw its own error; by default a `TimeoutError`
 */
export function deadlineSignal(options: {
  atMs: number;
  clock: Clock;
  parent?: AbortSignal;
  reason?: () => Error;
}): DeadlineSignal {
  const expired = new AbortController();
  const timer = new AbortController();
  const expire = () => {
    expired.abort(options.reason?.() ?? new DOMException('the deadline has passed', 'TimeoutError'));
  };
  const remainingMs = options.atMs - options.clock.monotonicMs();
  if (remainingMs <= 0) expire();
  else {
    // A timer longer than 2^31 − 1 ms would fire immediately.
    options.clock.sleep(Math.min(remainingMs, 2_147_483_647), timer.signal).then(expire, () => undefined);
  }
  return {
    signal: options.parent === undefined ? expired.signal : AbortSignal.any([options.parent, expired.signal]),
    clear: () => {
      timer.abort();
    },
  };
}
