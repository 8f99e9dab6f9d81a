/** What the coordinator advises for one pool. */
export interface PoolAdvice {
  pool: string;
  queues: readonly string[];
  /** False for workers that the supervisor did not start and does not scale. */
  configured: boolean;
  desiredReplicas: number;
}

/** How many workers a pool is to have on this machine. */
export interface PoolSize {
  pool: string;
  queues: readonly string[];
  workers: number;
}

/**
 * Sizes of the pools within what this machine may run. Cooldowns are the coordinator's, so its desired size is applied at once.
 * Where the desired sizes exceed the maximum, pools get workers in turn: each gets one before another gets two.
 * Pure.
 */
export function decidePoolSizes(advice: readonly PoolAdvice[], maxWorkers: number): PoolSize[] {
  const sizes = advice
    .filter(({ configured }) => configured)
    .map(({ pool, queues, desiredReplicas }) => ({ pool, queues, workers: 0, wanted: Math.max(0, desiredReplicas) }));
  let left = maxWorkers;
  while (left > 0) {
    const hungry = sizes.filter((size) => size.workers < size.wanted).slice(0, left);
    if (hungry.length === 0) break;
    for (const size of hungry) size.workers += 1;
    left -= hungry.length;
  }
  return sizes.map(({ pool, queues, workers }) => ({ pool, queues, workers }));
}
