import { type FleetStore, type LoopLeaseStore, type MoneyStore, type SessionStore } from '@pressroom/db';
import { type Clock, type Logger } from '@pressroom/runtime';
import type { Dispatcher } from '../dispatch/dispatcher.ts';
import { SUSPECT_LOSSES } from '../attempt/core/is-suspect.ts';
import { SESSION_TTL_MS } from '../lease/worker-session.ts';
import type { TaskTransitions } from '../transition/task-transitions.ts';
import { createLeadership } from './leadership.ts';
import { startLoop } from './run-loop.ts';
import { createSweep } from './sweep.ts';

const DISPATCH_MS = 250;
/** After a round that released nothing: whoever makes a step ready asks for a round, so only ends of waits are found here. */
const IDLE_DISPATCH_MS = 750;
const SWEEP_MS = 500;
/** All attempts of a step together may take minutes: one that took longer may be found so late. */
const LATE_STEPS_MS = 1_000;
const STALE_MS = 1_000;
const SEARCH_MS = 5_000;
const PARTITION_MS = 6 * 3_600_000;
const LEASE_TTL_MS = 5_000;

/**
 * What coordinators watch over. Dispatch runs in each of them; the sweeps run in one at a time, whichever holds the
 * lease row, and every action they take is a compare-and-set, so that two at once would be harmless too.
 */
export function startCoordinatorLoops(deps: {
  sessions: SessionStore;
  fleet: FleetStore;
  money: MoneyStore;
  leases: LoopLeaseStore;
  dispatcher: Dispatcher;
  transitions: TaskTransitions;
  clock: Clock;
  log: Logger;
}): { stop(): Promise<void> } {
  const { sessions, fleet, leases, dispatcher, transitions, clock, log } = deps;
  const leadership = createLeadership({ leases, ttlMs: LEASE_TTL_MS, clock });

  // An outage of the database silences every worker: after one, the reaper waits a TTL so that the living can say so.
  // Only an unbroken row of answers shows that there was none, so whoever has not swept lately waits as well.
  let reachableSinceMs: number | undefined;
  const reap = async (): Promise<void> => {
    const startedMs = clock.monotonicMs();
    reachableSinceMs ??= startedMs;
    if (startedMs - reachableSinceMs < SESSION_TTL_MS) return;
    const lost = await sessions.reap();
    // A dead worker says nothing about which of its steps ended it: none is charged, see docs/adr/0014-suspects.md.
    for (const step of lost) log.warn({ ...step, isSuspect: step.losses >= SUSPECT_LOSSES }, 'step.lost');
    if (lost.length > 0) dispatcher.requestDispatch();
  };

  /** Only a worker that died in between leaves such a task, and finding it means to look through all that are open. */
  const search = createSweep({
    find: (limit, without) => fleet.unfinished(limit, without),
    handle: ({ taskId }) => transitions.finish(taskId),
    clock,
    log,
  });
  const endLateTasks = createSweep({
    find: (limit, without) => fleet.pastDeadline(limit, without),
    handle: ({ taskId }) => transitions.endAtDeadline(taskId),
    clock,
    log,
  });
  const exhaustLateSteps = createSweep({
    find: (limit, without) => fleet.overdueSteps(limit, without),
    handle: ({ taskId, stepId }) =>
      transitions.exhaustStep(taskId, stepId, {
        code: 'STEP_TIMED_OUT',
        message: 'all attempts together took longer than the step may take',
      }),
    clock,
    log,
  });

  const sweep = async (): Promise<void> => {
    try {
      if (!(await leadership.leads('sweep'))) {
        reachableSinceMs = undefined;
        return;
      }
      await reap();
      await endLateTasks();
    } catch (error) {
      reachableSinceMs = undefined;
      throw error;
    }
  };
  const sweepSteps = async (): Promise<void> => {
    if ((await exhaustLateSteps()) > 0) dispatcher.requestDispatch();
  };

  const loops = [
    startLoop('dispatch', DISPATCH_MS, () => dispatcher.dispatchOnce(), { clock, log, idleMs: IDLE_DISPATCH_MS }),
    startLoop('sweep', SWEEP_MS, sweep, { clock, log }),
    startLoop('late_steps', LATE_STEPS_MS, leadership.asLeader('sweep', sweepSteps), { clock, log }),
    startLoop('search', SEARCH_MS, leadership.asLeader('search', search), { clock, log, isSlowed: true }),
    startLoop(
      'requeue',
      STALE_MS,
      leadership.asLeader('requeue', () => dispatcher.requeueStale()),
      { clock, log },
    ),
    startLoop('partitions', PARTITION_MS, () => deps.money.ensurePartitions(2), { clock, log }),
  ];
  return {
    async stop() {
      await Promise.all(loops.map((loop) => loop.stop()));
      await leadership.release();
    },
  };
}
