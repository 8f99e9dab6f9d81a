/**
 * Measures how long the main thread has not responded. Sums bounded ticks of the measuring thread: while the whole process is
 * stopped (SIGSTOP, a paused machine) neither thread runs, which is not a stall.
 */
export interface StallMeter {
  /** Records a request to the main thread; false while an earlier one is unanswered. */
  requestSent(nowMs: number): boolean;
  /** Records the response; returns for how many milliseconds the main thread was silent. */
  responseReceived(nowMs: number): number;
  /** Call it regularly; returns for how many milliseconds the main thread has been silent so far. */
  tick(nowMs: number): number;
}

/** @param options.maxTickMs longest time between two ticks while the measuring thread runs */
export function createStallMeter({ maxTickMs }: { maxTickMs: number }): StallMeter {
  let isOpen = false;
  let silentMs = 0;
  let lastMs = 0;
  const advance = (nowMs: number): number => {
    if (!isOpen) return 0;
    silentMs += Math.min(maxTickMs, nowMs - lastMs);
    lastMs = nowMs;
    return silentMs;
  };
  return {
    requestSent(nowMs) {
      if (isOpen) return false;
      isOpen = true;
      silentMs = 0;
      lastMs = nowMs;
      return true;
    },
    responseReceived(nowMs) {
      const forMs = advance(nowMs);
      isOpen = false;
      return forMs;
    },
    tick: advance,
  };
}
