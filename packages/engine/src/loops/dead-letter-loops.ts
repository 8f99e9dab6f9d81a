import type { DeadLetterStore, LoopLeaseStore } from '@pressroom/db';
import { type Clock, type Logger } from '@pressroom/runtime';

import type { DeadLetterWatch } from '../dead-letters/dead-letter-watch.ts';
import type { OperationRunner } from '../operations/operation-runner.ts';
import { createLeadership } from './leadership.ts';
import { startLoop } from './run-loop.ts';

/** Short, so that a running bulk operation reaches its rate and an abort takes effect within a second. */
const OPERATIONS_MS = 200;
/** While there is none to run: a new one starts within a second. */
const NO_OPERATIONS_MS = 800;
const GROWTH_MS = 30_000;
const GAUGE_MS = 15_000;
/** Longer than a round of operations lasts. */
const LEASE_TTL_MS = 5_000;

/**
 * What coordinators do about dead letters: carry bulk operations out and watch their growth.
 * Each runs in one coordinator at a time, whichever holds the lease row; the gauge is every coordinator's own.
 */
export function startDeadLetterLoops(deps: {
  operations: OperationRunner;
  watch: DeadLetterWatch;
  letters: Pick<DeadLetterStore, 'countOpen'>;
  leases: LoopLeaseStore;
  onOpenCount: (open: number) => void;
  clock: Clock;
  log: Logger;
}): { stop(): Promise<void> } {
  const { operations, watch, letters, leases, clock, log } = deps;
  const leadership = createLeadership({ leases, ttlMs: LEASE_TTL_MS, clock });
  const runOperations = leadership.asLeader('operations', () => operations.runOnce());
  const loops = [
    startLoop('operations', OPERATIONS_MS, async () => (await runOperations()) ?? 0, {
      clock,
      log,
      idleMs: NO_OPERATIONS_MS,
    }),
    startLoop(
      'dead_letter_growth',
      GROWTH_MS,
      leadership.asLeader('dead_letter_growth', () => watch.checkGrowth()),
      { clock, log },
    ),
    startLoop(
      'dead_letter_gauge',
      GAUGE_MS,
      async () => {
        deps.onOpenCount(await letters.countOpen());
      },
      { clock, log },
    ),
  ];
  return {
    async stop() {
      await Promise.all(loops.map((loop) => loop.stop()));
      await leadership.release();
    },
  };
}
