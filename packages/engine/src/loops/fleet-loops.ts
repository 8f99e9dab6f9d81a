import type { LoopLeaseStore } from '@pressroom/db';
import { AppError, errorMessage, type Clock, type Logger } from '@pressroom/runtime';

import type { FleetAdvice, ScalingAdvisor } from '../scaling/scaling-advisor.ts';
import { createLeadership } from './leadership.ts';
import { startLoop } from './run-loop.ts';

const SCALING_MS = 2_000;
const STORE_CHECK_MS = 10_000;
const LEASE_TTL_MS = 10_000;

/**
 * Computes the desired size of pools, and checks the configuration of the queue store. Runs in every coordinator; only the one
 * that holds the lease stores the scaling state, from which cooldowns are measured.
 */
export function startFleetLoops(deps: {
  advisor: ScalingAdvisor;
  leases: LoopLeaseStore;
  /** Called with every advice, for gauges. */
  onAdvice: (advice: FleetAdvice) => void;
  /** Throws an error with code `STORE_UNSUITABLE` when the store's configuration is unsuitable. */
  checkQueueStore: () => Promise<void>;
  /** Called after every check that reached the store; `problem` is why its configuration is unsuitable. */
  onQueueStore: (problem: string | undefined) => Promise<void> | void;
  clock: Clock;
  log: Logger;
}): { stop(): Promise<void> } {
  const { advisor, leases, clock, log } = deps;
  const leadership = createLeadership({ leases, ttlMs: LEASE_TTL_MS, clock });

  const scale = async (): Promise<void> => {
    deps.onAdvice((await leadership.leads('scaling')) ? await advisor.adviseAndStore() : await advisor.advise());
  };

  const checkStore = async (): Promise<void> => {
    try {
      await deps.checkQueueStore();
      await deps.onQueueStore(undefined);
    } catch (error) {
      // An unavailable store is reported by producers and consumers.
      if (!AppError.is(error) || error.code !== 'STORE_UNSUITABLE') return;
      log.error({ reason: errorMessage(error) }, 'queue.store_unsuitable');
      await deps.onQueueStore(errorMessage(error));
    }
  };

  const loops = [
    startLoop('scaling', SCALING_MS, scale, { clock, log, isSlowed: true }),
    startLoop('queue store', STORE_CHECK_MS, checkStore, { clock, log }),
  ];
  return {
    async stop() {
      await Promise.all(loops.map((loop) => loop.stop()));
      await leadership.release();
    },
  };
}
