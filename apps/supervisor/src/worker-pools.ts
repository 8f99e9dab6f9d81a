import type { Logger } from '@pressroom/runtime';

import type { PoolSize } from './decide-pool-sizes.ts';
import type { ProcessSpec } from './managed-process.ts';
import type { ProcessGroup } from './process-group.ts';

/** The pool of workers that serve every queue while no other pools are configured. */
export const WHOLE_POOL = 'all';

export interface WorkerPools {
  /**
   * Makes pools as large as said; pools that are not named are drained. Resolves when new workers serve: those that
   * leave drain in the background, and keep their names until they are gone.
   */
  resize(sizes: readonly PoolSize[]): Promise<void>;
  /** Workers that serve or start. */
  readonly workers: number;
}

/** Workers of this machine by pool. Owns no process: the group does. */
export function createWorkerPools(deps: {
  group: Pick<ProcessGroup, 'start' | 'stop' | 'names'>;
  /** @param queues absent for workers that serve what their environment says, by default everything */
  plan: (name: string, queues: readonly string[] | undefined) => ProcessSpec;
  drainMs: number;
  log: Logger;
}): WorkerPools {
  const { group, log } = deps;
  const members = new Map<string, string[]>();

  const nameFor = (pool: string): string => {
    const prefix = pool === WHOLE_POOL ? 'worker' : `worker-${pool}`;
    const taken = new Set(group.names());
    for (let number = 1; ; number += 1) if (!taken.has(`${prefix}-${number}`)) return `${prefix}-${number}`;
  };

  const start = async ({ pool, queues }: PoolSize): Promise<void> => {
    const name = nameFor(pool);
    const own = members.get(pool) ?? [];
    own.push(name);
    members.set(pool, own);
    try {
      await group.start(deps.plan(name, pool === WHOLE_POOL ? undefined : queues));
    } catch (error) {
      own.splice(own.indexOf(name), 1);
      throw error;
    }
  };

  const drain = (name: string): void => {
    group
      .stop((other) => other === name, deps.drainMs)
      .then(
        () => {
          log.info({ worker: name }, 'worker.drained');
        },
        (error: unknown) => {
          log.error({ err: error, worker: name }, 'worker.drain_failed');
        },
      );
  };

  return {
    async resize(sizes) {
      for (const [pool, own] of members) {
        const size = sizes.find((other) => other.pool === pool)?.workers ?? 0;
        for (const name of own.splice(size)) drain(name);
      }
      const starting = sizes.flatMap((size) => {
        const missing = Math.max(0, size.workers - (members.get(size.pool)?.length ?? 0));
        // Each takes its name before the next one looks for one.
        return Array.from({ length: missing }, () => start(size));
      });
      const failed = (await Promise.allSettled(starting)).find(({ status }) => status === 'rejected');
      if (failed?.status === 'rejected') throw failed.reason;
    },
    get workers() {
      return Array.from(members.values()).reduce((sum, own) => sum + own.length, 0);
    },
  };
}
