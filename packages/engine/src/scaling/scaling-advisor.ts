import { ALL_QUEUES } from '@pressroom/contracts';
import type { ScalingStore } from '@pressroom/db';
import { z } from 'zod';

import { decideReplicas, type ScalingMemory, type ScalingPolicy } from './core/decide-replicas.ts';
import { listPools, type PoolSettings } from './core/list-pools.ts';
import { gatherPoolFacts } from './core/pool-facts.ts';

/** Advice for one pool, with its inputs. */
export interface PoolAdvice {
  pool: string;
  queues: string[];
  configured: boolean;
  backlog: number;
  oldestWaitMs: number;
  inFlight: number;
  /** Attempts finished per minute by its workers. */
  ratePerMinute: number;
  currentReplicas: number;
  desiredReplicas: number;
  minReplicas: number;
  maxReplicas: number;
  reason: string;
  limitedBy?: 'budget' | 'max' | 'provider';
}

/** Advice for all pools, with the load of all queues. */
export interface FleetAdvice {
  pools: PoolAdvice[];
  queues: { name: string; backlog: number; oldestWaitMs: number; running: number; slots: number }[];
}

/** Advises on the size of pools. Every coordinator can advise; one of them stores the scaling state. */
export interface ScalingAdvisor {
  advise(): Promise<FleetAdvice>;
  /** Advises and stores the state from which cooldowns are measured. Call it regularly, in one process at a time. */
  adviseAndStore(): Promise<FleetAdvice>;
}

/** Stored scaling state of a pool. A row of another version is ignored. */
const StoredMemory = z.object({
  desired: z.number(),
  grewAtMs: z.number(),
  peaks: z.array(z.object({ atMs: z.number(), load: z.number() })),
  meanStepMs: z.number().optional(),
  concurrency: z.number().optional(),
});

export function createScalingAdvisor(deps: {
  store: ScalingStore;
  policy: ScalingPolicy;
  pools: readonly PoolSettings[];
  /** Concurrent steps, over all pools, that the providers can serve. */
  usefulParallelism?: number | undefined;
  /** Number of workers of a pool that the remaining budget can pay for. */
  budgetAllows?: (pool: string) => Promise<number | undefined>;
}): ScalingAdvisor {
  const { store, policy } = deps;

  const evaluate = async (): Promise<{ advice: FleetAdvice; memories: Record<string, unknown> }> => {
    const load = await store.load();
    const pools = listPools(deps.pools, load.workers);
    const memories: Record<string, unknown> = {};
    const advised = pools.map(async (pool): Promise<PoolAdvice> => {
      const stored = StoredMemory.safeParse(load.memories[pool.name]).data;
      const facts = {
        ...gatherPoolFacts(pool, pools, load, stored ?? {}),
        usefulParallelism: deps.usefulParallelism,
        budgetAllows: await deps.budgetAllows?.(pool.name),
      };
      const decision = decideReplicas(facts, policy, stored && toMemory(stored));
      memories[pool.name] = { ...decision.memory, meanStepMs: facts.meanStepMs, concurrency: facts.concurrency };
      return {
        pool: pool.name,
        queues: [...pool.queues],
        configured: pool.configured,
        backlog: facts.lanes.reduce((sum, { backlog }) => sum + backlog, 0),
        oldestWaitMs: Math.max(...facts.lanes.map(({ oldestWaitMs }) => oldestWaitMs)),
        inFlight: facts.inFlight,
        ratePerMinute: facts.ratePerMinute,
        currentReplicas: facts.currentReplicas,
        desiredReplicas: decision.desiredReplicas,
        minReplicas: pool.min,
        maxReplicas: pool.max,
        reason: decision.reason,
        ...(decision.limitedBy && { limitedBy: decision.limitedBy }),
      };
    });
    const loads = new Map(load.queues.map((queue) => [queue.name, queue]));
    const queues = ALL_QUEUES.map((name) => ({
      ...(loads.get(name) ?? { name, backlog: 0, oldestWaitMs: 0, running: 0 }),
      slots: load.workers
        .filter((worker) => worker.queues.includes(name))
        .reduce((sum, { concurrency }) => sum + concurrency, 0),
    }));
    return { advice: { pools: await Promise.all(advised), queues }, memories };
  };

  return {
    advise: async () => (await evaluate()).advice,
    async adviseAndStore() {
      const { advice, memories } = await evaluate();
      await store.storeMemories(memories);
      return advice;
    },
  };
}

const toMemory = ({ desired, grewAtMs, peaks }: z.output<typeof StoredMemory>): ScalingMemory => ({
  desired,
  grewAtMs,
  peaks,
});
