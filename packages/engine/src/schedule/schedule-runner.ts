import { isConnectionFailure, type DueSchedule, type ScheduleStore } from '@pressroom/db';
import { AppError, errorMessage, type Clock, type Logger } from '@pressroom/runtime';
import { decideFire, type FireDecision } from './core/decide-fire.ts';

const BATCH = 100;
/** After a refusal that passes by itself (full backlog, rate limit) or a failed fire, the tenant's schedules pause. */
const REFUSED_PAUSE_MS = 2_000;

/** What came of submitting a schedule's task. `later` is for what passes by itself: a full backlog, a rate limit. */
export type ScheduledSubmission =
  { outcome: 'submitted'; taskId: string } | { outcome: 'refused' | 'later'; error: { code: string; message: string } };

/** Submits the task of a schedule under an idempotency key, so that doing it again makes no second one. */
export type SubmitScheduled = (request: {
  tenantId: string;
  task: Readonly<Record<string, unknown>>;
  idempotencyKey: string;
}) => Promise<ScheduledSubmission>;

export interface ScheduleRunner {
  /** Fires what is due; answers how many tasks were submitted. */
  runOnce(): Promise<number>;
}

/**
 * Fires schedules, each fire exactly once however many coordinators try or die on the way: its task carries a key made of
 * schedule and instant, and the schedule moves on by a compare-and-set. A crash in between finds the task again by its key.
 */
export function createScheduleRunner(deps: {
  store: ScheduleStore;
  submit: SubmitScheduled;
  clock: Clock;
  log: Logger;
}): ScheduleRunner {
  const { store, clock, log } = deps;
  /** Tenant → monotonic instant from which its schedules are tried again. Its members are gone after the pause. */
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
    const made = await submit(schedule, decision);
    if (made.outcome === 'later') {
      // It stays due: tried again after a pause, until the next fire takes its place.
      pause(schedule);
      await store.noteError(schedule, made.error);
      return false;
    }
    const submitted = made.outcome === 'submitted';
    await store.recordFire(schedule, {
      fireAt,
      nextFireAt,
      outcome: submitted ? 'submitted' : 'failed',
      taskId: submitted ? made.taskId : null,
      error: submitted ? null : made.error,
    });
    if (submitted) log.info({ ...facts, taskId: made.taskId }, 'schedule.fired');
    else log.warn({ ...facts, code: made.error.code }, 'schedule.failed');
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
          // One that cannot be fired must not keep the others from it; a database that is away keeps all of them.
          if (isConnectionFailure(error)) throw error;
          pause(schedule);
          log.error({ err: error, scheduleId: schedule.id }, 'schedule.round_failed');
        }
      }
      return submitted;
    },
  };
}
