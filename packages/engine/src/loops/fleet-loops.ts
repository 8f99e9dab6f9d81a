import type { LoopLeaseStore } from '@pressroom/db';
import { AppError, errorMessage, type Clock, type Logger } from '@pressroom/runtime';

import type { FleetAdvice, ScalingAdvisor } from '../scaling/scaling-advisor.ts';
import { createLeadership } from './leadership.ts';
import { startLoop } from './run-loop.ts';

const SCALING_MS = 2_000;
const STORE_CHECK_MS = 10_000;
const LEASE_TTL_MS = 10_000;

/**
 * What a coordinator keeps an eye on besides steps: the size pools should have, and whether the queue store is still fit
 * for its work. Every coordinator looks; the one that holds the lease remembers what cooldowns are counted from.
 */
export function startFleetLoops(deps: {
  advisor: ScalingAdvisor;
  leases: LoopLeaseStore;
  /** Told of every look, for gauges. */
  onAdvice: (advice: FleetAdvice) => void;
  /** Throws an error with code `STORE_UNSUITABLE` when the store must not be used as it is. */
  checkQueueStore: () => Promise<void>;
  /** Told after every check that got an answer. `problem` is why the store is unfit. */
  onQueueStore: (problem: string | undefined) => Promise<void> | void;
  clock: Clock;
  log: Logger;
}): { stop(): Promise<void> } {
  const { advisor, leases, clock, log } = deps;
  const leadership = createLeadership({ leases, ttlMs: LEASE_TTL_MS, clock });

  const scale = async (): Promise<void> => {
    deps.onAdvice((await leadership.leads('scaling')) ? await advisor.adviseAndRemember() : await advisor.advise());
  };

  const checkStore = async (): Promise<void> => {
    try {
      await deps.checkQueueStore();
      await deps.onQueueStore(undefined);
    } catch (error) {
      // One that does not answer is another matter, and no news: adding and taking jobs say so.
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
