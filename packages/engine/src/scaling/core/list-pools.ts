import { ALL_QUEUES, LANES, type Agent, type QueueName } from '@pressroom/contracts';
import type { WorkerLoad } from '@pressroom/db';

/** A configured pool. */
export interface PoolSettings {
  name: string;
  queues: readonly QueueName[];
  min: number;
  max: number;
}

export interface Pool extends PoolSettings {
  /** False for a set of queues that live workers serve without a configured pool. */
  configured: boolean;
  workers: readonly WorkerLoad[];
}

/** Default maximum of a pool. */
export const DEFAULT_POOL_MAX = 10;

/** Name of the pool whose workers serve all queues. */
export const WHOLE_POOL = 'all';

/**
 * Lists the configured pools (by default one for all queues), and a pool for each other set of queues that live workers serve.
 * Pure.
 */
export function listPools(configured: readonly PoolSettings[], workers: readonly WorkerLoad[]): Pool[] {
  const whole = { name: WHOLE_POOL, queues: ALL_QUEUES, min: 0, max: DEFAULT_POOL_MAX };
  const pools = new Map<string, Pool & { workers: WorkerLoad[] }>();
  for (const settings of configured.length > 0 ? configured : [whole]) {
    pools.set(keyOf(settings.queues), { ...settings, configured: true, workers: [] });
  }
  const taken = new Set(Array.from(pools.values(), ({ name }) => name));
  for (const worker of workers) {
    const queues = ALL_QUEUES.filter((queue) => worker.queues.includes(queue));
    const key = keyOf(queues);
    const found = nameQueues(queues);
    const name = taken.has(found) ? `found-${found}` : found;
    const pool = pools.get(key) ?? { name, queues, min: 0, max: DEFAULT_POOL_MAX, configured: false, workers: [] };
    pool.workers.push(worker);
    pools.set(key, pool);
  }
  return [...pools.values()];
}

/** Short name of a set of queues that is valid in a path and a label: `draft.*+refine.batch`. */
export function nameQueues(queues: readonly QueueName[]): string {
  if (queues.length === ALL_QUEUES.length) return WHOLE_POOL;
  const byAgent = Map.groupBy(queues, (queue) => queue.split('.')[0] as Agent);
  return Array.from(byAgent, ([agent, own]) => (own.length === LANES.length ? `${agent}.*` : own.join('+'))).join('+');
}

/**
 * Does the queue's load count for the pool? It counts for the pool with the fewest queues that has live workers; while a pool
 * is empty, larger ones count its queues too, so that every queue has workers. Pure.
 */
export function countsFor(queue: string, pool: Pool, pools: readonly Pool[]): boolean {
  return (
    pool.queues.some((own) => own === queue) &&
    !pools.some(
      (other) =>
        other.queues.length < pool.queues.length &&
        other.workers.length > 0 &&
        other.queues.some((own) => own === queue),
    )
  );
}

const keyOf = (queues: readonly string[]): string => queues.toSorted((a, b) => a.localeCompare(b)).join(' ');
