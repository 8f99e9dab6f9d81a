import type { LoopLeaseStore, QueueStateStore } from '@pressroom/db';
import { type Clock, type Logger } from '@pressroom/runtime';

import { QUEUE_TIMEOUTS_MS } from '../plan/core/queue-timeouts.ts';
import type { QueueControl } from '../queues/queue-control.ts';
import type { ScheduleRunner } from '../schedule/schedule-runner.ts';
import type { TaskTransitions } from '../transition/task-transitions.ts';
import { createLeadership } from './leadership.ts';
import { startLoop } from './run-loop.ts';
import { createSweep } from './sweep.ts';

/** Largest delay of a schedule. */
const SCHEDULE_MS = 1_000;
/** Queue time-outs are in hours, so this precision suffices. */
const QUEUE_WAIT_MS = 2_000;
/** Restores the pauses of a queue store that was flushed; PostgreSQL enforces them until then. */
const QUEUE_PAUSE_MS = 2_000;
const LEASE_TTL_MS = 5_000;

/** Runs schedules, queue time-outs and the reconciliation of pauses, each in one coordinator at a time. */
export function startControlLoops(deps: {
  schedules: ScheduleRunner;
  queues: Pick<QueueControl, 'reconcile'>;
  queueStates: Pick<QueueStateStore, 'queueTimedOutSteps'>;
  transitions: Pick<TaskTransitions, 'exhaustStep'>;
  leases: LoopLeaseStore;
  clock: Clock;
  log: Logger;
}): { stop(): Promise<void> } {
  const { schedules, queues, queueStates, transitions, leases, clock, log } = deps;
  const leadership = createLeadership({ leases, ttlMs: LEASE_TTL_MS, clock });

  const exhaustTimedOutSteps = createSweep({
    find: (limit, without) => queueStates.queueTimedOutSteps(QUEUE_TIMEOUTS_MS, limit, without),
    handle: ({ taskId, stepId }) =>
      transitions.exhaustStep(
        taskId,
        stepId,
        { code: 'STEP_TIMED_OUT', message: 'no worker acquired the step within its queue time-out' },
        { onlyWaiting: true },
      ),
    clock,
    log,
  });

  const loops = [
    startLoop(
      'schedules',
      SCHEDULE_MS,
      leadership.asLeader('schedules', () => schedules.runOnce()),
      { clock, log },
    ),
    startLoop('queue_wait', QUEUE_WAIT_MS, leadership.asLeader('queue_wait', exhaustTimedOutSteps), { clock, log }),
    startLoop(
      'queue_pause',
      QUEUE_PAUSE_MS,
      leadership.asLeader('queue_pause', () => queues.reconcile()),
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
