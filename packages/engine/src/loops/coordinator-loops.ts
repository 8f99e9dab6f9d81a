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
/** Added after a dispatch that released nothing: newly ready steps request one, so the loop only finds ends of delays. */
const IDLE_DISPATCH_MS = 750;
const SWEEP_MS = 500;
/** Step time-outs are in minutes, so this precision suffices. */
const LATE_STEPS_MS = 1_000;
const STALE_MS = 1_000;
const SEARCH_MS = 5_000;
const PARTITION_MS = 6 * 3_600_000;
const LEASE_TTL_MS = 5_000;

/**
 * The periodic work of coordinators. Dispatch runs in all of them, the sweeps only in the one that holds the lease. Every action
 * of a sweep is a compare-and-set, so that two concurrent ones are harmless.
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

  // After an outage of the database, live workers need one TTL to renew their sessions before the reaper may end any. A process
  // that has not swept continuously for a TTL cannot rule out an outage, so it waits too.
  let reachableSinceMs: number | undefined;
  const reap = async (): Promise<void> => {
    const startedMs = clock.monotonicMs();
    reachableSinceMs ??= startedMs;
    if (startedMs - reachableSinceMs < SESSION_TTL_MS) return;
    const lost = await sessions.reap();
    // It is unknown which step crashed the worker, so no step counts a failure; see docs/adr/0014-suspects.md.
    for (const step of lost) log.warn({ ...step, isSuspect: step.losses >= SUSPECT_LOSSES }, 'step.lost');
    if (lost.length > 0) dispatcher.requestDispatch();
  };

  /** Finishes tasks without open steps, which a crashed worker left. Runs rarely, because it scans all open tasks. */
  const finishTasks = createSweep({
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
        message: 'the attempts of the step together exceeded its total time-out',
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
    startLoop('search', SEARCH_MS, leadership.asLeader('search', finishTasks), { clock, log, isSlowed: true }),
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
