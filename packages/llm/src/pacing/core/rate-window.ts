/** An amount that was taken, to be corrected once it is known what it really came to. */
export interface Taken {
  readonly slice: number;
  readonly amount: number;
}

/** Slices of the window; what was used leaves it a slice at a time, at most so much of it too late. */
const SLICES = 60;

/**
 * How much may be used in any stretch of time of a given length: a sliding window, counted in slices and never in favour
 * of the user, so that no stretch whatever sees more than the limit. The one exception is what is larger than the limit by
 * itself: it goes when nothing else is in the window, since otherwise it never could. Knows no clock: callers pass
 * monotonic milliseconds that do not go back.
 */
export function createRateWindow(options: { limit: number; windowMs: number }) {
  const sliceMs = options.windowMs / SLICES;
  const used = new Map<number, number>();
  let { limit } = options;
  let total = 0;

  const sliceOf = (nowMs: number): number => Math.floor(nowMs / sliceMs);
  /** The instant at which a slice has left the window whole. */
  const leavesAtMs = (slice: number): number => (slice + 1) * sliceMs + options.windowMs;
  const forget = (nowMs: number): void => {
    for (const [slice, amount] of used) {
      if (leavesAtMs(slice) > nowMs) break;
      used.delete(slice);
      total -= amount;
    }
  };
  const add = (slice: number, amount: number): void => {
    used.set(slice, (used.get(slice) ?? 0) + amount);
    total += amount;
  };

  return {
    get limit() {
      return limit;
    },
    setLimit(value: number): void {
      limit = value;
    },
    /** Milliseconds until this much may be taken; 0 is now. */
    waitMs(amount: number, nowMs: number): number {
      forget(nowMs);
      let left = total;
      if (left === 0 || left + amount <= limit) return 0;
      for (const [slice, taken] of used) {
        left -= taken;
        if (left <= 0 || left + amount <= limit) return Math.max(0, leavesAtMs(slice) - nowMs);
      }
      return 0;
    },
    take(amount: number, nowMs: number): Taken {
      forget(nowMs);
      const slice = sliceOf(nowMs);
      add(slice, amount);
      return { slice, amount };
    },
    /** What was taken came to another amount. Too late, once it has left the window, changes nothing. */
    correct({ slice, amount }: Taken, actual: number): void {
      if (used.has(slice)) add(slice, actual - amount);
    },
    /** Used within the window. */
    used(nowMs: number): number {
      forget(nowMs);
      return total;
    },
  };
}
export type RateWindow = ReturnType<typeof createRateWindow>;
