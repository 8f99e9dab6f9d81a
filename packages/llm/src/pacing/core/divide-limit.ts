/** A provider's limits per minute, over all processes that use its key. Absent means unlimited or unknown. */
export interface ProviderLimits {
  requestsPerMinute?: number | undefined;
  tokensPerMinute?: number | undefined;
}

/**
 * One process's equal share of a limit, regardless of its load. Shares change with the heartbeat after workers start or
 * stop. At least 1, so that every process makes progress. Pure.
 */
export const divideLimit = (limit: number, workers: number): number =>
  Math.max(1, Math.floor(limit / Math.max(1, Math.floor(workers))));
