import { ALL_QUEUES, type QueueName } from '@pressroom/contracts';
import {
  createDispatchStore,
  createFleetStore,
  createOperationStore,
  createQueueStateStore,
  createScheduleStore,
  createSessionStore,
  type NewTask,
} from '@pressroom/db';
import { newId, silentLogger } from '@pressroom/runtime';
import {
  createTestClock,
  holdRows,
  openScene,
  openTestDatabase,
  type OpenTestDatabase,
  type Scene,
} from '@pressroom/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { createDispatcher, createScheduleRunner } from '../src/index.ts';
import { createSweep } from '../src/loops/sweep.ts';
import { OPERATOR } from './support/a-run.ts';

/** More items than any sweep handles at once. */
const CROWD = 450;

/**
 * Every sweep of a coordinator, with one tenant or queue that has far more and older items than one run handles. Add new sweeps
 * here.
 */
describe('a crowd of older items', () => {
  let db: OpenTestDatabase;
  let scene: Scene;
  let crowd: string;
  let other: string;
  const log = silentLogger();

  beforeAll(async () => {
    db = await openTestDatabase();
    scene = await openScene(db);
  });
  beforeEach(async () => {
    await db.sql('TRUNCATE task, step, schedule, operation, worker_session, reservation, budget_counter');
    crowd = await scene.addTenant();
    other = await scene.addTenant();
  });
  afterAll(() => db.close());

  const submit = (tenantId: string, count: number): Promise<NewTask[]> =>
    Promise.all(Array.from({ length: count }, () => scene.submit({ tenantId })));
  /** A crowd of one tenant's tasks and a newer task of another tenant. */
  const aCrowdAndOne = async (): Promise<string> => {
    await submit(crowd, CROWD);
    const [one] = await submit(other, 1);
    if (!one) throw new Error('no task');
    return one.id;
  };
  const setSteps = (set: string, crowdAge: string, oneAge: string) =>
    db.sql(
      `UPDATE step SET ${set} = pressroom_now() - CASE WHEN tenant_id = $1 THEN interval '${crowdAge}' ELSE interval '${oneAge}' END`,
      [crowd],
    );

  it('hides no task past its deadline from the sweep', async () => {
    const one = await aCrowdAndOne();
    await db.sql(
      `UPDATE task SET deadline_at = pressroom_now() - CASE WHEN tenant_id = $1 THEN interval '1 h' ELSE interval '1 s' END`,
      [crowd],
    );
    expect(await createFleetStore(db.database).pastDeadline(200)).toContainEqual({ taskId: one });
  });

  it('hides no task without open steps from the sweep', async () => {
    const one = await aCrowdAndOne();
    await db.sql('UPDATE task SET steps_left = 0');
    expect(await createFleetStore(db.database).unfinished(200)).toContainEqual({ taskId: one });
  });

  it.each(['ready', 'queued', 'running'])('hides no overdue %s step', async (status) => {
    const one = await aCrowdAndOne();
    await setSteps('first_started_at', '3 days', '2 days');
    await db.sql('UPDATE step SET status = $1', [status]);
    const overdue = await createFleetStore(db.database).overdueSteps(200);
    expect(overdue.map(({ taskId }) => taskId)).toContain(one);
  });

  it.each(['ready', 'queued'])('hides no %s step past its queue time-out', async (status) => {
    const one = await aCrowdAndOne();
    await db.sql('UPDATE step SET status = $1', [status]);
    await setSteps('available_at', '3 days', '2 days');
    const limits = Object.fromEntries(ALL_QUEUES.map((queue) => [queue, 60_000]));
    const found = await createQueueStateStore(db.database).queueTimedOutSteps(limits, 200);
    expect(found.map(({ taskId }) => taskId)).toContain(one);
  });

  describe('hides no lost job from the dispatcher', () => {
    const requeue = async (): Promise<{ queue: QueueName; taskId: string }[]> => {
      const added: { queue: QueueName; taskId: string }[] = [];
      const dispatcher = createDispatcher({
        store: createDispatchStore(db.database, ALL_QUEUES),
        jobs: {
          add: (queue, jobs) => {
            added.push(...jobs.map(({ job }) => ({ queue, taskId: job.taskId })));
            return Promise.resolve();
          },
        },
        clock: createTestClock(),
        log,
      });
      await dispatcher.requeueStale();
      return added;
    };

    it('in a queue with workers, after one without', async () => {
      const one = await aCrowdAndOne();
      await db.sql(
        `UPDATE step SET status = 'queued', tenant_id = $1, queue = CASE WHEN task_id = $2 THEN 'write.batch' ELSE queue END`,
        [crowd, one],
      );
      await db.sql(
        `UPDATE step SET queued_at = now() - CASE WHEN task_id = $1 THEN interval '2 s' ELSE interval '1 h' END`,
        [one],
      );
      expect(await requeue()).toContainEqual({ queue: 'write.batch', taskId: one });
    });

    it('of another tenant in the same queue', async () => {
      const one = await aCrowdAndOne();
      await db.sql(`UPDATE step SET status = 'queued'`);
      await setSteps('queued_at', '1 h', '2 s');
      expect((await requeue()).map(({ taskId }) => taskId)).toContain(one);
    });
  });

  describe('of schedules', () => {
    const schedule = (tenantId: string, minutes: number) =>
      createScheduleStore(db.database).create(
        {
          tenantId,
          name: newId(),
          cron: '0 6 * * *',
          timeZone: 'UTC',
          task: { type: 'article' },
          enabled: true,
          overlap: 'allow',
          nextFireAt: new Date(Date.UTC(2026, 0, 1, 0, minutes)),
        },
        OPERATOR,
        10_000,
      );

    it('does not delay another tenant’s, although the crowd’s tenant is full', async () => {
      for (let n = 0; n < 120; n += 1) await schedule(crowd, n % 60);
      await schedule(other, 90);
      const asked: string[] = [];
      const clock = createTestClock();
      const runner = createScheduleRunner({
        store: createScheduleStore(db.database),
        submit: ({ tenantId }) => {
          asked.push(tenantId);
          return Promise.resolve(
            tenantId === crowd
              ? { outcome: 'later', error: { code: 'BACKLOG_FULL', message: 'full' } }
              : { outcome: 'submitted', taskId: newId() },
          );
        },
        clock,
        log,
      });
      expect(await runner.runOnce()).toBe(1);
      // A full tenant is tried once per pause, not once per schedule.
      expect(asked.toSorted()).toEqual([crowd, other].toSorted());
      await runner.runOnce();
      expect(asked).toHaveLength(2);
      await clock.advance(2_000);
      await runner.runOnce();
      expect(asked.filter((tenantId) => tenantId === crowd)).toHaveLength(2);
    });

    it('does not delay others when more tenants are full than one run handles', async () => {
      for (let n = 0; n < 120; n += 1) await schedule(await scene.addTenant(), n % 60);
      await schedule(other, 90);
      const runner = createScheduleRunner({
        store: createScheduleStore(db.database),
        submit: ({ tenantId }) =>
          Promise.resolve(
            tenantId === other
              ? { outcome: 'submitted', taskId: newId() }
              : { outcome: 'later', error: { code: 'BACKLOG_FULL', message: 'full' } },
          ),
        clock: createTestClock(),
        log,
      });
      expect((await runner.runOnce()) + (await runner.runOnce())).toBe(1);
    });
  });

  it('of bulk operations does not delay another tenant’s', async () => {
    const operations = createOperationStore(db.database);
    const create = (tenantId: string) =>
      operations.create({
        kind: 'dead_letter.discard',
        selection: { tenantId },
        options: { reason: 'test' },
        ratePerSecond: null,
        limit: null,
        dryRun: false,
        actor: OPERATOR,
      });
    for (let n = 0; n < 60; n += 1) await create(crowd);
    const { operationId } = await create(other);
    expect((await operations.running(50)).map(({ id }) => id)).toContain(operationId);
  });

  it('of reservations with a locked budget does not block the write-off of others', async () => {
    const locked = `tenant:${crowd}`;
    const free = `tenant:${other}`;
    await db.sql('INSERT INTO budget_counter (key, limit_nano, reserved_nano) VALUES ($1, 1e12, 0), ($2, 1e12, 0)', [
      locked,
      free,
    ]);
    const [task] = await submit(other, 1);
    const reserve = (count: number, budget: string) =>
      db.sql(
        `INSERT INTO reservation (id, session_id, task_id, amount_nano, budgets, entry)
         SELECT ('00000000-0000-7000-8000-' || lpad((n + $4::int)::text, 12, '0'))::uuid, gen_random_uuid(), $1::uuid, 0, ARRAY[$2::text],
           jsonb_build_object('tenantId', $5::text, 'taskId', $1::uuid::text, 'stepId', $1::uuid::text, 'stepKey', 'x', 'agent', 'x', 'taskType', 'x',
             'generation', 1, 'attempt', 1, 'path', 'x', 'purpose', 'x', 'tier', 'T1', 'provider', 'x', 'model', 'x', 'uncachedInput', 0,
             'cacheRead', 0, 'cacheWrite5m', 0, 'cacheWrite1h', 0, 'output', 0, 'reasoning', 0, 'cache', 'miss', 'promptId', 'x',
             'promptVersion', '1', 'route', '{}'::jsonb, 'priceVersion', '1', 'simulated', true, 'latencyMs', 0, 'baselineNano', '0')
         FROM generate_series(1, $3::int) n`,
        [task?.id, budget, count, budget === free ? 5_000 : 0, other],
      );
    await reserve(1_100, locked);
    await reserve(1, free);
    const release = await holdRows(db.url, 'SELECT 1 FROM budget_counter WHERE key = $1 FOR UPDATE', [locked]);
    await createSessionStore(db.database).reap();
    await release();
    expect(await db.sql('SELECT 1 FROM reservation WHERE $1 = ANY (budgets)', [free])).toEqual([]);
    expect(await db.sql('SELECT 1 FROM reservation WHERE $1 = ANY (budgets)', [locked])).toHaveLength(1_100);
  });

  it('of failing tasks does not take the places of others', async () => {
    const clock = createTestClock();
    const tried: string[] = [];
    const tasks = Array.from({ length: 500 }, (_, index) => ({ taskId: `task-${index}` }));
    const sweep = createSweep({
      find: (limit, without) =>
        Promise.resolve(tasks.filter(({ taskId }) => !without.includes(taskId)).slice(0, limit)),
      handle: ({ taskId }) => {
        tried.push(taskId);
        return Promise.reject(new Error('it always fails'));
      },
      clock,
      log,
    });
    for (let n = 0; n < 3; n += 1) expect(await sweep()).toBe(0);
    expect(new Set(tried).size).toBe(500);
    expect(await sweep()).toBe(0);
    expect(tried).toHaveLength(500);
    await clock.advance(30_000);
    await sweep();
    expect(tried).toHaveLength(700);
  });
});
