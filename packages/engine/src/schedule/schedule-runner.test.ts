import type { DueSchedule, FireRecord, ScheduleStore } from '@pressroom/db';
import { StoreUnavailableError } from '@pressroom/db';
import { AppError, silentLogger } from '@pressroom/runtime';
import { createTestClock } from '@pressroom/testkit';
import { describe, expect, it } from 'vitest';
import { createScheduleRunner, type ScheduledSubmission, type SubmitScheduled } from './schedule-runner.ts';

const FIRE_AT = new Date('2026-03-01T10:00:00Z');

function start(submit: SubmitScheduled, facts: Partial<DueSchedule> = {}) {
  const schedule: DueSchedule = {
    id: 's1',
    tenantId: 't1',
    cron: '0 * * * *',
    timeZone: 'UTC',
    task: { type: 'article' },
    overlap: 'allow',
    nextFireAt: FIRE_AT,
    lastTaskOpen: false,
    now: new Date('2026-03-01T10:00:00.400Z'),
    revision: 1,
    ...facts,
  };
  const clock = createTestClock();
  const records: FireRecord[] = [];
  const errors: { code: string }[] = [];
  const store = {
    due: () => Promise.resolve(records.length === 0 ? [schedule] : []),
    recordFire: (_schedule: unknown, record: FireRecord) => {
      records.push(record);
      return Promise.resolve(true);
    },
    recordError: (_schedule: unknown, error: { code: string }) => {
      errors.push(error);
      return Promise.resolve();
    },
  } as Partial<ScheduleStore> as ScheduleStore;
  return { runner: createScheduleRunner({ store, submit, clock, log: silentLogger() }), clock, records, errors };
}

const answer =
  (submission: ScheduledSubmission): SubmitScheduled =>
  () =>
    Promise.resolve(submission);

class InvalidInputError extends AppError {
  readonly code = 'VALIDATION_FAILED';
  readonly retryable = false;
}

describe('a schedule that is due', () => {
  it('submits its task with an idempotency key of schedule and fire time', async () => {
    const keys: string[] = [];
    const { runner, records } = start(({ idempotencyKey }) => {
      keys.push(idempotencyKey);
      return Promise.resolve({ outcome: 'submitted', taskId: 'task-1' });
    });
    expect(await runner.runOnce()).toBe(1);
    expect(await runner.runOnce()).toBe(0);
    expect(keys).toEqual(['schedule:s1:2026-03-01T10:00:00.000Z']);
    expect(records).toEqual([
      {
        fireAt: FIRE_AT,
        nextFireAt: new Date('2026-03-01T11:00:00Z'),
        outcome: 'submitted',
        taskId: 'task-1',
        error: null,
      },
    ]);
  });

  it('stays due while the backlog is full, and records the reason', async () => {
    const { runner, clock, records, errors } = start(
      answer({ outcome: 'later', error: { code: 'BACKLOG_FULL', message: 'full' } }),
    );
    await runner.runOnce();
    await runner.runOnce();
    expect(errors).toHaveLength(1);
    await clock.advance(2_000);
    await runner.runOnce();
    expect(records).toEqual([]);
    expect(errors).toEqual([
      { code: 'BACKLOG_FULL', message: 'full' },
      { code: 'BACKLOG_FULL', message: 'full' },
    ]);
  });

  it.each([
    ['is refused', answer({ outcome: 'refused', error: { code: 'NOT_FOUND', message: 'gone' } }), 'NOT_FOUND'],
    ['is not valid any more', () => Promise.reject(new InvalidInputError('topic: is required')), 'VALIDATION_FAILED'],
    ['meets a bug', () => Promise.reject(new TypeError('x is not a function')), 'INTERNAL'],
  ] as const)('moves on and shows the error when its task %s', async (_what, submit, code) => {
    const { runner, records } = start(submit);
    expect(await runner.runOnce()).toBe(0);
    expect(records).toMatchObject([{ outcome: 'failed', taskId: null, error: { code } }]);
  });

  it('skips a fire while its last task is open, with overlap `skip`', async () => {
    const { runner, records } = start(() => Promise.reject(new Error('must not submit')), {
      overlap: 'skip',
      lastTaskOpen: true,
    });
    expect(await runner.runOnce()).toBe(0);
    expect(records).toMatchObject([{ outcome: 'skipped', taskId: null, error: null }]);
  });

  it('is retried after an outage of the database', async () => {
    const { runner, records } = start(() => Promise.reject(new StoreUnavailableError('unavailable')));
    await expect(runner.runOnce()).rejects.toThrow('unavailable');
    expect(records).toEqual([]);
  });
});
