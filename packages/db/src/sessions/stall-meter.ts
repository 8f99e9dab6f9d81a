/**
 * Measures how long the main thread has not answered. Counts time in ticks of the measuring thread, each bounded: while the
 * whole process is stopped (SIGSTOP, a paused machine) neither thread runs, which is no stall.
 */
export interface StallMeter {
  /** Notes a question; false while an earlier one is open. */
  asked(nowMs: number): boolean;
  /** Notes the answer; for how long the main thread was silent. */
  answered(nowMs: number): number;
  /** To be called regularly; for how long the main thread has been silent by now. */
  tick(nowMs: number): number;
}

/** @param options.maxTickMs longest time between two ticks of a thread that runs */
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
    asked(nowMs) {
      if (isOpen) return false;
      isOpen = true;
      silentMs = 0;
      lastMs = nowMs;
      return true;
    },
    answered(nowMs) {
      const forMs = advance(nowMs);
      isOpen = false;
      return forMs;
    },
    tick: advance,
  };
}
