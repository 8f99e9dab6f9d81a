/** Halvings of the time limit at most: a quarter is left. */
const MAX_STRIKES = 2;
const MAX_GROUPS = 1_000;

/** How much of a job's time limit a tenant gets: less after its jobs broke limits, so that it cannot keep children busy. */
export interface TimeAllowance {
  /** @param fullMs the job's limit */
  limitMs(tenantId: string, fullMs: number): number;
  /** A job of the tenant broke a limit: its next ones get half of the time, down to a quarter. */
  addStrike(tenantId: string): void;
}

/** @param forgetAfterMs a tenant has the full time again this long after its last strike */
export function createTimeAllowance(forgetAfterMs: number, now: () => number = () => performance.now()): TimeAllowance {
  // In the order of their last strike.
  const strikes = new Map<string, { count: number; atMs: number }>();
  const countOf = (tenantId: string): number => {
    const known = strikes.get(tenantId);
    return known && now() - known.atMs < forgetAfterMs ? known.count : 0;
  };
  return {
    limitMs: (tenantId, fullMs) => fullMs / 2 ** countOf(tenantId),
    addStrike(tenantId) {
      const count = Math.min(MAX_STRIKES, countOf(tenantId) + 1);
      strikes.delete(tenantId);
      strikes.set(tenantId, { count, atMs: now() });
      const [oldest] = strikes.keys();
      if (strikes.size > MAX_GROUPS && oldest !== undefined) strikes.delete(oldest);
    },
  };
}
