import { ALL_QUEUES, LANES, type Agent, type QueueName } from '@pressroom/contracts';
import type { WorkerLoad } from '@pressroom/db';

/** A pool as configuration names it. */
export interface PoolSettings {
  name: string;
  queues: readonly QueueName[];
  min: number;
  max: number;
}

export interface Pool extends PoolSettings {
  /** False for a set of queues that live workers serve though nobody has named it. */
  configured: boolean;
  workers: readonly WorkerLoad[];
}

/** What a pool without a configuration of its own may grow to. */
export const DEFAULT_POOL_MAX = 10;

/** Name of a pool of workers that serve everything. */
export const WHOLE_POOL = 'all';

/**
 * The pools there are: those that are configured (one for everything where none is), and the sets of queues of live
 * workers that match none of them. Pure.
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

/** The shortest specification of a set of queues that fits into a path and a label: `draft.*+refine.batch`. */
export function nameQueues(queues: readonly QueueName[]): string {
  if (queues.length === ALL_QUEUES.length) return WHOLE_POOL;
  const byAgent = Map.groupBy(queues, (queue) => queue.split('.')[0] as Agent);
  return Array.from(byAgent, ([agent, own]) => (own.length === LANES.length ? `${agent}.*` : own.join('+'))).join('+');
}

/**
 * Whose load a queue is. A pool that serves it as one of fewer, with workers alive, takes it off the others' account;
 * as long as that pool is empty the others count it too, so that no queue is left to nobody. Pure.
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
