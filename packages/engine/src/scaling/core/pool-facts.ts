import { LANES } from '@pressroom/contracts';
import type { FleetLoad, WorkerLoad } from '@pressroom/db';

import type { PoolFacts } from './decide-replicas.ts';
import { countsFor, type Pool } from './list-pools.ts';

/** Last measurements of a pool's workers, for times without workers. */
export interface PoolMeasure {
  meanStepMs?: number | undefined;
  concurrency?: number | undefined;
}

/** Slots of a worker before the first one was seen: the default of `PRESSROOM_CONCURRENCY`. */
const ASSUMED_CONCURRENCY = 16;

/** Derives the state of one pool from the fleet's load. Pure. */
export function gatherPoolFacts(
  pool: Pool,
  pools: readonly Pool[],
  load: FleetLoad,
  known: PoolMeasure,
): PoolFacts & { ratePerMinute: number } {
  const queues = load.queues.filter(({ name }) => countsFor(name, pool, pools));
  const { perMinute, meanMs } = throughputOf(pool.workers);
  return {
    nowMs: load.nowMs,
    lanes: LANES.map((lane) => {
      const own = queues.filter(({ name }) => name.endsWith(`.${lane}`));
      return {
        lane,
        backlog: own.reduce((sum, { backlog }) => sum + backlog, 0),
        oldestWaitMs: Math.max(0, ...own.map(({ oldestWaitMs }) => oldestWaitMs)),
      };
    }),
    inFlight: pool.workers.reduce((sum, { active }) => sum + active, 0),
    currentReplicas: pool.workers.length,
    concurrency:
      pool.workers.length > 0
        ? pool.workers.reduce((sum, { concurrency }) => sum + concurrency, 0) / pool.workers.length
        : (known.concurrency ?? ASSUMED_CONCURRENCY),
    meanStepMs: meanMs ?? known.meanStepMs,
    ratePerMinute: perMinute,
    min: pool.min,
    max: pool.max,
  };
}

/** Attempts per minute of all workers together, and their weighted mean duration. */
function throughputOf(workers: readonly WorkerLoad[]): { perMinute: number; meanMs: number | undefined } {
  const rates = workers.flatMap((worker) => Object.values(worker.rates));
  const perMinute = rates.reduce((sum, rate) => sum + rate.perMinute, 0);
  const busyMs = rates.reduce((sum, rate) => sum + rate.perMinute * rate.meanMs, 0);
  return { perMinute: Math.round(perMinute * 10) / 10, meanMs: perMinute > 0 ? busyMs / perMinute : undefined };
}
