import { isConnectionFailure, type LoopLeaseStore, type QueueStateStore } from '@pressroom/db';
import { newId, type Clock, type Logger } from '@pressroom/runtime';

import { QUEUE_TIMEOUTS_MS } from '../plan/core/queue-timeouts.ts';
import type { QueueControl } from '../queues/queue-control.ts';
import type { ScheduleRunner } from '../schedule/schedule-runner.ts';
import type { TaskTransitions } from '../transition/task-transitions.ts';
import { startLoop } from './run-loop.ts';

/** A fire is at most so late. */
const SCHEDULE_MS = 1_000;
/** Waits are measured in hours. */
const QUEUE_WAIT_MS = 2_000;
/** A queue store that was flushed has forgotten its pauses; PostgreSQL keeps them meanwhile. */
const QUEUE_PAUSE_MS = 2_000;
const LEASE_TTL_MS = 5_000;
const BATCH = 200;

/** Schedules, steps that nobody took in time, and pauses: each looked after by one coordinator at a time. */
export function startControlLoops(deps: {
  schedules: ScheduleRunner;
  queues: Pick<QueueControl, 'reconcile'>;
  queueStates: Pick<QueueStateStore, 'impatientSteps'>;
  transitions: Pick<TaskTransitions, 'exhaustStep'>;
  leases: LoopLeaseStore;
  clock: Clock;
  log: Logger;
}): { stop(): Promise<void> } {
  const { schedules, queues, queueStates, transitions, leases, clock, log } = deps;
  const holder = newId();
  const asLeader = (name: string, work: () => Promise<unknown>) => async (): Promise<void> => {
    if (await leases.take(name, holder, LEASE_TTL_MS)) await work();
  };

  const giveUpWaiting = async (): Promise<void> => {
    const error = { code: 'STEP_TIMED_OUT', message: 'no worker took it for longer than it may wait' };
    for (const { taskId, stepId } of await queueStates.impatientSteps(QUEUE_TIMEOUTS_MS, BATCH)) {
      try {
        await transitions.exhaustStep(taskId, stepId, error, { onlyWaiting: true });
      } catch (cause) {
        if (isConnectionFailure(cause)) throw cause;
        log.error({ err: cause, taskId, stepId }, 'sweep.step_failed');
      }
    }
  };

  const loops = [
    startLoop(
      'schedules',
      SCHEDULE_MS,
      asLeader('schedules', () => schedules.round()),
      { clock, log },
    ),
    startLoop('queue_wait', QUEUE_WAIT_MS, asLeader('queue_wait', giveUpWaiting), { clock, log }),
    startLoop(
      'queue_pause',
      QUEUE_PAUSE_MS,
      asLeader('queue_pause', () => queues.reconcile()),
      { clock, log },
    ),
  ];
  return {
    async stop() {
      await Promise.all(loops.map((loop) => loop.stop()));
      await leases.releaseAll(holder).catch(() => undefined);
    },
  };
}
