/** What a provider allows a minute, over all processes that use its key. Absent is not limited, or not known. */
export interface ProviderLimits {
  requestsPerMinute?: number | undefined;
  tokensPerMinute?: number | undefined;
}

/**
 * One process's part of a limit that all workers share: each gets as much as every other, whatever it has to do. When
 * workers come or go their parts change with the next heartbeat; until then the old ones hold. At least 1, for a process
 * must be able to go on. Pure.
 */
export const divideLimit = (limit: number, workers: number): number =>
  Math.max(1, Math.floor(limit / Math.max(1, Math.floor(workers))));
