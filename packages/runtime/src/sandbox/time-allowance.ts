/** Maximum halvings of the time limit: a quarter remains. */
const MAX_STRIKES = 2;
const MAX_GROUPS = 1_000;

/** Reduces a tenant's time limit after its jobs exceeded limits, so that it cannot occupy the children. */
export interface TimeAllowance {
  /** @param fullMs the job's limit */
  limitMs(tenantId: string, fullMs: number): number;
  /** Records that a job of the tenant exceeded a limit: halves the time of its next jobs, down to a quarter. */
  addStrike(tenantId: string): void;
}

/** @param forgetAfterMs time after the last strike at which the full limit applies again */
export function createTimeAllowance(forgetAfterMs: number, now: () => number = () => performance.now()): TimeAllowance {
  // Ordered by the last strike.
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
