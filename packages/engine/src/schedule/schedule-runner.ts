import { isConnectionFailure, type DueSchedule, type ScheduleStore } from '@pressroom/db';
import { AppError, errorMessage, type Clock, type Logger } from '@pressroom/runtime';
import { decideFire, type FireDecision } from './core/decide-fire.ts';

const BATCH = 100;
/** Pause of a tenant's schedules after a temporary rejection (full backlog, rate limit) or an error. */
const REFUSED_PAUSE_MS = 2_000;

/** Result of a scheduled submission. `later`: a temporary rejection, such as a full backlog or a rate limit. */
export type ScheduledSubmission =
  { outcome: 'submitted'; taskId: string } | { outcome: 'refused' | 'later'; error: { code: string; message: string } };

/** Submits the task of a schedule. Idempotent by `idempotencyKey`. */
export type SubmitScheduled = (request: {
  tenantId: string;
  task: Readonly<Record<string, unknown>>;
  idempotencyKey: string;
}) => Promise<ScheduledSubmission>;

export interface ScheduleRunner {
  /** Fires due schedules; returns the number of submitted tasks. */
  runOnce(): Promise<number>;
}

/**
 * Fires schedules exactly once each, with any number of coordinators and crashes: the idempotency key of the task consists of
 * schedule and fire time, and the schedule advances by a compare-and-set.
 */
export function createScheduleRunner(deps: {
  store: ScheduleStore;
  submit: SubmitScheduled;
  clock: Clock;
  log: Logger;
}): ScheduleRunner {
  const { store, clock, log } = deps;
  /** Tenant → monotonic instant until which its schedules pause. */
  const pausedTenants = new Map<string, number>();
  const pause = ({ tenantId }: DueSchedule): void => {
    pausedTenants.set(tenantId, clock.monotonicMs() + REFUSED_PAUSE_MS);
  };

  const submit = async (schedule: DueSchedule, decision: FireDecision): Promise<ScheduledSubmission> => {
    const idempotencyKey = `schedule:${schedule.id}:${new Date(decision.fireAtMs).toISOString()}`;
    try {
      return await deps.submit({ tenantId: schedule.tenantId, task: schedule.task, idempotencyKey });
    } catch (error) {
      if (isConnectionFailure(error)) throw error;
      if (!AppError.is(error)) log.error({ err: error, scheduleId: schedule.id }, 'schedule.bug');
      return {
        outcome: 'refused',
        error: { code: AppError.is(error) ? error.code : 'INTERNAL', message: errorMessage(error) },
      };
    }
  };

  const fire = async (schedule: DueSchedule): Promise<boolean> => {
    const decision = decideFire({ ...schedule, nextFireAtMs: schedule.nextFireAt.getTime() }, schedule.now.getTime());
    const fireAt = new Date(decision.fireAtMs);
    const nextFireAt = decision.nextFireAtMs === null ? null : new Date(decision.nextFireAtMs);
    const facts = { scheduleId: schedule.id, fireAt: fireAt.toISOString() };
    if (decision.outcome === 'skip') {
      const record = { fireAt, nextFireAt, outcome: 'skipped', taskId: null, error: null } as const;
      if (await store.recordFire(schedule, record)) log.info(facts, 'schedule.skipped');
      return false;
    }
    const submission = await submit(schedule, decision);
    if (submission.outcome === 'later') {
      // It stays due and is retried after the pause, at the latest until the next fire time.
      pause(schedule);
      await store.recordError(schedule, submission.error);
      return false;
    }
    const submitted = submission.outcome === 'submitted';
    await store.recordFire(schedule, {
      fireAt,
      nextFireAt,
      outcome: submitted ? 'submitted' : 'failed',
      taskId: submitted ? submission.taskId : null,
      error: submitted ? null : submission.error,
    });
    if (submitted) log.info({ ...facts, taskId: submission.taskId }, 'schedule.fired');
    else log.warn({ ...facts, code: submission.error.code }, 'schedule.failed');
    return submitted;
  };

  return {
    async runOnce() {
      let submitted = 0;
      for (const [tenantId, untilMs] of pausedTenants)
        if (untilMs <= clock.monotonicMs()) pausedTenants.delete(tenantId);
      for (const schedule of await store.due(BATCH, [...pausedTenants.keys()])) {
        if (pausedTenants.has(schedule.tenantId)) continue;
        try {
          if (await fire(schedule)) submitted += 1;
        } catch (error) {
          // A schedule that fails must not block the others; an outage of the database ends the run.
          if (isConnectionFailure(error)) throw error;
          pause(schedule);
          log.error({ err: error, scheduleId: schedule.id }, 'schedule.fire_failed');
        }
      }
      return submitted;
    },
  };
}
