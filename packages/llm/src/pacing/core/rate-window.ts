/** A consumed amount, to be corrected once the actual amount is known. */
export interface Consumption {
  readonly slice: number;
  readonly amount: number;
}

/** Slices of the window. Usage leaves the window by whole slices, so at most one slice late. */
const SLICES = 60;

/**
 * Sliding-window rate limiter, counted in slices and rounded against the consumer: no period of `windowMs` exceeds the
 * limit. Exception: an amount above the limit is admitted when the window is empty, since it could never fit otherwise.
 * Has no clock: callers pass non-decreasing monotonic milliseconds.
 */
export function createRateWindow(options: { limit: number; windowMs: number }) {
  const sliceMs = options.windowMs / SLICES;
  const used = new Map<number, number>();
  let { limit } = options;
  let total = 0;

  const sliceOf = (nowMs: number): number => Math.floor(nowMs / sliceMs);
  /** The time at which a slice has left the window completely. */
  const expiresAtMs = (slice: number): number => (slice + 1) * sliceMs + options.windowMs;
  const evictExpired = (nowMs: number): void => {
    for (const [slice, amount] of used) {
      if (expiresAtMs(slice) > nowMs) break;
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
    /** Milliseconds until this amount fits; 0 means now. */
    waitMs(amount: number, nowMs: number): number {
      evictExpired(nowMs);
      let remaining = total;
      if (remaining === 0 || remaining + amount <= limit) return 0;
      for (const [slice, consumed] of used) {
        remaining -= consumed;
        if (remaining <= 0 || remaining + amount <= limit) return Math.max(0, expiresAtMs(slice) - nowMs);
      }
      return 0;
    },
    consume(amount: number, nowMs: number): Consumption {
      evictExpired(nowMs);
      const slice = sliceOf(nowMs);
      add(slice, amount);
      return { slice, amount };
    },
    /** Corrects a consumed amount. No effect once it has left the window. */
    correct({ slice, amount }: Consumption, actual: number): void {
      if (used.has(slice)) add(slice, actual - amount);
    },
    /** Amount within the window. */
    used(nowMs: number): number {
      evictExpired(nowMs);
      return total;
    },
  };
}
export type RateWindow = ReturnType<typeof createRateWindow>;
