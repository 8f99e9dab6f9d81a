import {
  createAlertStore,
  createCacheStore,
  createDeadLetterStore,
  createFleetStore,
  createScheduleStore,
  createSessionStore,
} from '@pressroom/db';
import { newId, silentLogger } from '@pressroom/runtime';
import { advanceClock, createTestClock, openTestDatabase, type OpenTestDatabase } from '@pressroom/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createScheduleRunner } from '../src/index.ts';
import { openRun, OPERATOR } from './support/a-run.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe('business time in a test database', () => {
  let db: OpenTestDatabase;
  let run: Awaited<ReturnType<typeof openRun>>;
  const log = silentLogger();

  beforeAll(async () => {
    db = await openTestDatabase();
    run = await openRun(db);
  });
  afterAll(() => db.close());

  it('fires a daily schedule three times in three days', async () => {
    const store = createScheduleStore(db.database);
    const fired: string[] = [];
    const clock = createTestClock();
    const runner = createScheduleRunner({
      store,
      submit: ({ idempotencyKey }) => {
        fired.push(idempotencyKey);
        return Promise.resolve({ outcome: 'submitted', taskId: newId() });
      },
      clock,
      log,
    });
    const now = (await store.now()).getTime();
    await store.create(
      {
        tenantId: run.scene.tenantId,
        name: 'daily',
        cron: '0 6 * * *',
        timeZone: 'UTC',
        task: { type: 'article' },
        enabled: true,
        overlap: 'allow',
        nextFireAt: new Date(Math.ceil((now + 1) / DAY_MS) * DAY_MS + 6 * HOUR_MS),
      },
      OPERATOR,
      10,
    );
    await runner.runOnce();
    expect(fired).toEqual([]);
    for (let day = 0; day < 4; day += 1) {
      await advanceClock(db, DAY_MS);
      await runner.runOnce();
    }
    expect(fired.length).toBeGreaterThanOrEqual(3);
    expect(new Set(fired).size).toBe(fired.length);
  });

  it('reaches deadlines and expires replies, and keeps sessions alive', async () => {
    const sessionId = await run.scene.addSession({ ttlMs: 60_000 });
    const taskId = await run.submit({ timeoutMs: 2 * HOUR_MS });
    const cache = createCacheStore(db.database);
    const key = { tenantId: run.scene.tenantId, scope: 'test', key: 'a' };
    await cache.save({ ...key, taskId, value: { kept: true }, ttlMs: HOUR_MS });
    const fleet = createFleetStore(db.database);
    expect(await fleet.pastDeadline(10)).not.toContainEqual({ taskId });
    expect(await cache.find(key)).toEqual({ kept: true });
    await advanceClock(db, 3 * HOUR_MS);
    expect(await fleet.pastDeadline(10)).toContainEqual({ taskId });
    expect(await cache.find(key)).toBeUndefined();
    await run.transitions.endAtDeadline(taskId);
    expect(await run.task(taskId)).toMatchObject({ finished: true });
    expect((await fleet.workers()).map(({ id }) => id)).toContain(sessionId);
    expect(await createSessionStore(db.database).reap()).toEqual([]);
  });

  it('ages alerts and dead letters until they are removed', async () => {
    const alerts = createAlertStore(db.database);
    const deadLetters = createDeadLetterStore(db.database);
    const alert = { tenantId: run.scene.tenantId, kind: 'test', message: 'm', data: {} };
    expect([await alerts.raise(alert, HOUR_MS), await alerts.raise(alert, HOUR_MS)]).toEqual([true, false]);
    await deadLetters.recordUnreadableJob({
      queue: 'draft.batch',
      agent: 'draft',
      jobId: '1',
      excerpt: '',
      bytes: 0,
      message: 'm',
      fingerprint: '0123456789abcdef',
    });
    await advanceClock(db, 2 * HOUR_MS);
    expect(await alerts.raise(alert, HOUR_MS)).toBe(true);
    const open = await deadLetters.countOpen();
    expect(open).toBeGreaterThan(0);
    await advanceClock(db, 200 * DAY_MS);
    expect(await deadLetters.growth(DAY_MS)).toEqual([]);
  });
});
