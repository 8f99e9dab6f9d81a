import type { DeadLetterStore, LoopLeaseStore } from '@pressroom/db';
import { type Clock, type Logger } from '@pressroom/runtime';

import type { DeadLetterWatch } from '../dead-letters/dead-letter-watch.ts';
import type { OperationRunner } from '../operations/operation-runner.ts';
import { createLeadership } from './leadership.ts';
import { startLoop } from './run-loop.ts';

/** Short, so that a bulk operation reaches its rate and an abort takes effect within a second. */
const OPERATIONS_MS = 200;
/** Added while no operation runs; a new one still starts within a second. */
const NO_OPERATIONS_MS = 800;
const GROWTH_MS = 30_000;
const GAUGE_MS = 15_000;
/** Longer than one run of the operations. */
const LEASE_TTL_MS = 5_000;

/**
 * Runs bulk operations and watches the growth of dead letters, each in the one coordinator that holds the lease. Every
 * coordinator updates its own gauge.
 */
export function startDeadLetterLoops(deps: {
  operations: OperationRunner;
  watch: DeadLetterWatch;
  deadLetters: Pick<DeadLetterStore, 'countOpen'>;
  leases: LoopLeaseStore;
  onOpenCount: (open: number) => void;
  clock: Clock;
  log: Logger;
}): { stop(): Promise<void> } {
  const { operations, watch, deadLetters, leases, clock, log } = deps;
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
        deps.onOpenCount(await deadLetters.countOpen());
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
