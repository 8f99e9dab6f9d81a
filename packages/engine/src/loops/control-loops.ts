import type { LoopLeaseStore, QueueStateStore } from '@pressroom/db';
import { type Clock, type Logger } from '@pressroom/runtime';

import { QUEUE_TIMEOUTS_MS } from '../plan/core/queue-timeouts.ts';
import type { QueueControl } from '../queues/queue-control.ts';
import type { ScheduleRunner } from '../schedule/schedule-runner.ts';
import type { TaskTransitions } from '../transition/task-transitions.ts';
import { createLeadership } from './leadership.ts';
import { startLoop } from './run-loop.ts';
import { createSweep } from './sweep.ts';

/** A fire is at most so late. */
const SCHEDULE_MS = 1_000;
/** Waits are measured in hours. */
const QUEUE_WAIT_MS = 2_000;
/** A queue store that was flushed has forgotten its pauses; PostgreSQL keeps them meanwhile. */
const QUEUE_PAUSE_MS = 2_000;
const LEASE_TTL_MS = 5_000;

/** Schedules, steps that nobody took in time, and pauses: each looked after by one coordinator at a time. */
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

  const endLongWaits = createSweep({
    find: (limit, without) => queueStates.queueTimedOutSteps(QUEUE_TIMEOUTS_MS, limit, without),
    handle: ({ taskId, stepId }) =>
      transitions.exhaustStep(
        taskId,
        stepId,
        { code: 'STEP_TIMED_OUT', message: 'no worker took it for longer than it may wait' },
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
    startLoop('queue_wait', QUEUE_WAIT_MS, leadership.asLeader('queue_wait', endLongWaits), { clock, log }),
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
