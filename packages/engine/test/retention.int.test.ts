import { createRetentionStore, createStorageStore } from '@pressroom/db';
import { newId, silentLogger, systemClock } from '@pressroom/runtime';
import { openTestDatabase, type OpenTestDatabase } from '@pressroom/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { createRetentionJob, RetentionConfig } from '../src/index.ts';
import { openRun, OPERATOR, type Run } from './support/a-run.ts';

describe('the retention job', () => {
  let db: OpenTestDatabase;
  let run: Run;
  let tenantId: string;
  let daysOn = 0;

  beforeAll(async () => {
    db = await openTestDatabase();
    run = await openRun(db);
  });
  afterAll(() => db.close());
  beforeEach(async () => {
    tenantId = await run.scene.addTenant();
    await waitDays(0);
  });

  /** Business time of this database, in days from now. */
  const waitDays = async (days: number): Promise<void> => {
    daysOn = days;
    await db.sql(`CREATE OR REPLACE FUNCTION pressroom_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
                  AS $$ SELECT now() + ${daysOn} * interval '1 day' $$`);
  };
  const aJob = (
    config: Record<string, unknown> = {},
    onRule?: (facts: { rule: string; failed: boolean }) => void,
    onSkippedTask?: () => void,
  ) =>
    createRetentionJob({
      store: createRetentionStore(db.database),
      ledger: undefined,
      config: RetentionConfig.parse(config),
      deadLetters: { endedDays: 30, openDays: 180 },
      ...(onRule && { onRule }),
      ...(onSkippedTask && { onSkippedTask }),
      clock: systemClock,
      log: silentLogger(),
    });
  const complete = async (owner = tenantId): Promise<string> => {
    const taskId = await run.submit({ tenantId: owner });
    for (const key of ['research', 'outline', 'draft-1', 'draft-2', 'draft-3', 'refine'])
      await run.complete(taskId, key);
    await db.sql(
      `INSERT INTO call (step_id, generation, path, request_hash, task_id, reply) VALUES (gen_random_uuid(), 1, 'p', 'h', $1, '{}')`,
      [taskId],
    );
    return taskId;
  };
  const keptOf = async (taskId: string) => {
    const [row] = await db.sql<Record<string, boolean>>(
      `SELECT EXISTS (SELECT 1 FROM task WHERE id = $1) AS task, EXISTS (SELECT 1 FROM steps_of_task($1)) AS steps,
         EXISTS (SELECT 1 FROM artifacts_of_task($1)) AS outputs, EXISTS (SELECT 1 FROM attempts_of_task($1)) AS attempts,
         (SELECT count(*) > 1 FROM events_of_task($1, 0, 500)) AS events,
         EXISTS (SELECT 1 FROM call WHERE task_id = $1) AS calls`,
      [taskId],
    );
    return Object.entries(row ?? {})
      .filter(([, isKept]) => isKept)
      .map(([part]) => part);
  };

  it('keeps results for ever, and removes events after a week, attempts and replies after a month', async () => {
    const taskId = await complete();
    const job = aJob();
    await waitDays(1);
    await job.run();
    expect(await keptOf(taskId)).toEqual(['task', 'steps', 'outputs', 'attempts', 'events', 'calls']);
    await waitDays(8);
    await job.run();
    expect(await keptOf(taskId)).toEqual(['task', 'steps', 'outputs', 'attempts', 'calls']);
    await waitDays(31);
    await job.run();
    await waitDays(4_000);
    await job.run();
    expect(await keptOf(taskId)).toEqual(['task', 'steps', 'outputs']);
  });

  describe('archiving', () => {
    const compactions = async (): Promise<number[]> => {
      const store = createRetentionStore(db.database);
      const counts: number[] = [];
      for (let after: string | null = null, isFirst = true; isFirst || after !== null; isFirst = false) {
        const { compacted, next } = await store.compact(after, 0);
        counts.push(compacted);
        after = next;
      }
      return counts;
    };
    const isFolded = async (taskId: string): Promise<boolean> =>
      (await db.sql('SELECT 1 FROM task_archive WHERE task_id = $1', [taskId])).length > 0;

    it('archives fewer tasks per statement when their outputs are large', async () => {
      await compactions();
      const tasks: string[] = [];
      for (let index = 0; index < 3; index += 1) tasks.push(await complete());
      await db.sql(
        `UPDATE artifact SET body = jsonb_build_object('text', (SELECT string_agg(md5(g::text), '') FROM generate_series(1, 300000) g))
         WHERE task_id = ANY ($1::uuid[]) AND step_key = 'research'`,
        [tasks],
      );
      const counts = await compactions();
      expect(Math.max(...counts)).toBeLessThan(3);
      expect(await Promise.all(tasks.map(isFolded))).toEqual([true, true, true]);
    });

    it('skips a task that is too large for the server, and archives the others', async () => {
      const [before, tooLarge, behind] = [await complete(), await complete(), await complete()];
      await db.sql(`CREATE FUNCTION refuse_archive() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                      IF NEW.task_id = '${tooLarge}' THEN
                        RAISE EXCEPTION 'total size of jsonb array elements exceeds the maximum' USING ERRCODE = '54000';
                      END IF;
                      RETURN NEW;
                    END $$`);
      await db.sql(
        `CREATE TRIGGER refuse_archive BEFORE INSERT ON task_archive FOR EACH ROW EXECUTE FUNCTION refuse_archive()`,
      );
      let skippedTasks = 0;
      let leaseChecks = 0;
      try {
        await aJob({ compactAfterMinutes: 0 }, undefined, () => (skippedTasks += 1)).run(() => {
          leaseChecks += 1;
          return Promise.resolve(true);
        });
      } finally {
        await db.sql('DROP TRIGGER refuse_archive ON task_archive');
      }
      expect(skippedTasks).toBe(1);
      // The lease is checked before every attempt with fewer tasks, besides once or twice a rule.
      expect(leaseChecks).toBeGreaterThan(5 + 2 * 13);
      expect(await Promise.all([before, tooLarge, behind].map(isFolded))).toEqual([true, false, true]);
      expect(await keptOf(tooLarge)).toContain('outputs');
    });
  });

  it('ends the stream of a task with removed events with its last event', async () => {
    const taskId = await complete();
    await waitDays(8);
    await aJob().run();
    const events = await db.sql<{ type: string; seq: number }>('SELECT type, seq FROM events_of_task($1, 3, 500)', [
      taskId,
    ]);
    const [task] = await db.sql<{ event_seq: number }>('SELECT event_seq FROM task WHERE id = $1', [taskId]);
    expect(events).toEqual([{ type: 'task.completed', seq: task?.event_seq }]);
    expect(await db.sql('SELECT 1 FROM events_of_task($1, $2, 500)', [taskId, task?.event_seq])).toEqual([]);
  });

  it('removes content and tasks when configured, and keeps the ledger', async () => {
    const taskId = await complete();
    const { taskId: partial, deadLetterId } = await run.partial({ tenantId });
    const job = aJob({ contentDays: 10, taskDays: 20 });
    await waitDays(11);
    await job.run();
    expect(await keptOf(taskId)).toEqual(['task', 'steps', 'attempts']);
    expect(await run.queries.resultMaterial(taskId, null)).toMatchObject({ contentDeleted: true });
    await waitDays(21);
    await job.run();
    expect(await keptOf(taskId)).toEqual([]);
    expect(await keptOf(partial)).toEqual([]);
    expect(await run.deadLetters.get(deadLetterId, null)).toBeUndefined();
  });

  it('previews the rows to remove, and changes nothing', async () => {
    await complete();
    await waitDays(8);
    await createRetentionStore(db.database).compact(null, 0);
    const due = async () =>
      Object.fromEntries((await aJob().preview()).map(({ rule, due: rows }) => [rule, rows] as const));
    const before = await due();
    expect(before).toMatchObject({ attempt: 0, call: 0 });
    expect(before['event']).toBeGreaterThan(0);
    expect(await due()).toEqual(before);
    const removed = await aJob().run();
    expect(removed.get('event')).toBe(before['event']);
    expect((await due())['event']).toBe(0);
  });

  it('previews other settings', async () => {
    await complete();
    await waitDays(8);
    await createRetentionStore(db.database).compact(null, 0);
    const job = aJob();
    const dueWith = async (changes: Record<string, unknown>) =>
      Object.fromEntries(
        (await job.preview(RetentionConfig.parse(changes))).map(({ rule, due }) => [rule, due] as const),
      );
    const asConfigured = await job.preview();
    expect(asConfigured.map(({ rule }) => rule)).not.toContain('content');
    const changed = await dueWith({ contentDays: 7, taskDays: 9, eventDays: null });
    expect(changed['content']).toBeGreaterThan(0);
    expect(changed).toMatchObject({ task: 0 });
    expect(changed).not.toHaveProperty('event');
    expect(await job.preview()).toEqual(asConfigured);
    expect((await job.run()).has('content')).toBe(false);
  });

  it('removes at most the limit per run, and continues in the next', async () => {
    await db.sql(
      `INSERT INTO audit (id, at, key_id, role, action, target_kind, target_id)
       SELECT gen_random_uuid(), now() - interval '800 days', 'k', 'admin', 'a', 'task', 't' FROM generate_series(1, 1200)`,
    );
    const job = aJob({ maxRowsPerRun: 500 });
    const counts: (number | undefined)[] = [];
    for (let turn = 0; turn < 4; turn += 1) counts.push((await job.run()).get('audit'));
    expect(counts).toEqual([500, 500, 200, 0]);
  });

  it('selects rows from all tenants evenly, so that one with many old tasks does not delay others', async () => {
    const other = await run.scene.addTenant();
    await db.sql(
      `INSERT INTO task_archive (task_id, tenant_id, finished_at, content_bytes, has_calls, history)
       SELECT gen_random_uuid(), $1, now() - interval '90 days' - n * interval '1 s', 0, false, '{"steps":[],"events":[]}'
       FROM generate_series(1, 2000) n`,
      [tenantId],
    );
    const taskId = await complete(other);
    const store = createRetentionStore(db.database);
    await waitDays(8);
    while ((await store.compact(null, 0)).compacted > 0);
    expect(await store.remove('event', 7, 100)).toBeGreaterThan(1);
    expect(await keptOf(taskId)).not.toContain('events');
  });

  it('continues with the other rules when one fails, and records the error', async () => {
    const store = createRetentionStore(db.database);
    const outcomes = new Map<string, boolean>();
    const job = createRetentionJob({
      store: {
        ...store,
        remove: (rule, days, limit) =>
          rule === 'attempt' ? Promise.reject(new Error('the disk is full')) : store.remove(rule, days, limit),
      },
      ledger: undefined,
      config: RetentionConfig.parse({}),
      deadLetters: { endedDays: 30, openDays: 180 },
      onRule: ({ rule, failed }) => outcomes.set(rule, failed),
      clock: systemClock,
      log: silentLogger(),
    });
    await job.run();
    expect([outcomes.get('event'), outcomes.get('attempt'), outcomes.get('loop_lease')]).toEqual([false, true, false]);
    expect((await store.states()).find(({ rule }) => rule === 'attempt')).toMatchObject({ error: 'the disk is full' });
  });

  it('removes rows without effect: expired replies, keys, idle buckets, breakers, cooldowns and leases', async () => {
    const old = `now() - interval '100 days'`;
    await db.sql(
      `INSERT INTO cache_entry (tenant_id, scope, key, value, task_id, expires_at) VALUES ($1, 'c', 'k', '{}', $1, ${old})`,
      [tenantId],
    );
    await db.sql(`INSERT INTO api_key (id, role, secret_hash, deleted_at) VALUES ($1, 'admin', 'deleted', ${old})`, [
      newId(),
    ]);
    await db.sql(`INSERT INTO api_key (id, role, secret_hash) VALUES ($1, 'admin', 'kept')`, [newId()]);
    await db.sql(`INSERT INTO tenant_rate (tenant_id, tokens, at) VALUES ($1, 1, ${old})`, [tenantId]);
    await db.sql(`INSERT INTO breaker (provider, model, window_at) VALUES ('p', 'm', ${old}), ('p', 'n', now())`);
    await db.sql(`INSERT INTO breaker (provider, model, state, window_at) VALUES ('p', 'o', 'open', ${old})`);
    await db.sql(`INSERT INTO pool_scaling (pool, memory, at) VALUES ('old', '{}', ${old})`);
    await db.sql(`INSERT INTO loop_lease (name, holder, expires_at) VALUES ('old', $1, ${old})`, [newId()]);
    const removed = await aJob().run();
    const counts = ['cache_entry', 'api_key', 'tenant_rate', 'breaker', 'pool_scaling', 'loop_lease'].map((rule) =>
      removed.get(rule),
    );
    expect(counts).toEqual([1, 1, 1, 1, 1, 1]);
    expect(await db.sql('SELECT model FROM breaker ORDER BY 1')).toEqual([{ model: 'n' }, { model: 'o' }]);
  });

  describe('stored bytes of a tenant', () => {
    const usage = async (): Promise<number> => {
      await createStorageStore(db.database).measure();
      const [row] = await db.sql<{ bytes: string }>(
        'SELECT archived_bytes + live_bytes AS bytes FROM tenant_storage WHERE tenant_id = $1',
        [tenantId],
      );
      return Number(row?.bytes ?? 0);
    };

    it('grow with inputs and outputs, and shrink when content is removed', async () => {
      const first = await complete();
      const atFirst = await usage();
      expect(atFirst).toBeGreaterThan(0);
      await createRetentionStore(db.database).compact(null, 0);
      expect(await usage()).toBeGreaterThan(atFirst);
      await run.restarts.retry(first, null, { fromStep: 'refine' }, OPERATOR);
      expect(await usage()).toBe(atFirst);
      await run.complete(first, 'refine');
      await createRetentionStore(db.database).compact(null, 0);
      await run.queries.deleteContent(first, null);
      expect(await usage()).toBe(0);
    });

    it('are corrected by the reconcile job', async () => {
      await complete();
      await createRetentionStore(db.database).compact(null, 0);
      const right = await usage();
      await db.sql(
        'UPDATE tenant_storage SET archived_bytes = archived_bytes + 999, reconciled_at = NULL WHERE tenant_id = $1',
        [tenantId],
      );
      await db.sql('UPDATE tenant_storage SET reconciled_at = now() WHERE tenant_id <> $1', [tenantId]);
      expect(await createStorageStore(db.database).reconcileNext()).toEqual({ tenantId, correctionBytes: -999 });
      expect(await usage()).toBe(right);
      expect(await createStorageStore(db.database).reconcileNext()).toBeUndefined();
    });
  });
});
