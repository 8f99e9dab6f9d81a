import { ALL_QUEUES } from '@pressroom/contracts';
import { newId } from '@pressroom/runtime';
import {
  aChain,
  anEndedCall,
  aReservation,
  aSettlement,
  aStep,
  driveSteps,
  openScene,
  openTestDatabase,
  type OpenTestDatabase,
  type Scene,
} from '@pressroom/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  createDispatchStore,
  createEventFeed,
  createFleetStore,
  createMoneyStore,
  createSessionStore,
  createTaskQueryStore,
  createTaskTransitionStore,
  type Database,
} from '../src/index.ts';

const TASKS = 12_500;
const STEPS_EACH = 4;
/** From its sixth run on a connection a statement may get a plan that no longer knows its arguments. */
const OFTEN = Array.from({ length: 8 });
/** Many times what any of these takes here; a scan of the whole table, times the rate of heartbeats, is what must not be. */
const BOUND_MS = 1_000;

/**
 * What the counters of PostgreSQL itself say about a table that has grown: 50 000 steps, 99 % of them history. Counters
 * rather than EXPLAIN, because they also see the statements inside functions, with the plans that were really used.
 */
describe('hot statements on a large database', () => {
  let db: OpenTestDatabase;
  let scene: Scene;
  let database: Database;

  beforeAll(async () => {
    db = await openTestDatabase();
    // A connection of its own that ends afterwards: what it read must not show up in the counters later.
    const builder = db.connect({ maxConnections: 1 });
    const build = (text: string) => builder.run({ name: `build ${text.length}`, text }, []);
    // Tenants of their own, as real backlogs have: 20 of them.
    await build(
      `INSERT INTO tenant (id, name) SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'grown ' || n
       FROM generate_series(0, 19) n`,
    );
    await build(
      `INSERT INTO task (id, tenant_id, type, pipeline_version, lane, priority, quality, status, steps_total, steps_left,
         approvals, tags, timeout_ms, created_at, deadline_at, finished_at)
       SELECT gen_random_uuid(), ('00000000-0000-7000-8000-' || lpad((n % 20)::text, 12, '0'))::uuid, 'article', 1, 'interactive', 5,
         'balanced', CASE WHEN n % 100 = 0 THEN 'running' ELSE 'completed' END, ${STEPS_EACH}, CASE WHEN n % 100 = 0 THEN ${STEPS_EACH} ELSE 0 END,
         '{}', '{}', 600000, now() - n * interval '1 s', now() + interval '1 h', CASE WHEN n % 100 = 0 THEN NULL ELSE now() END
       FROM generate_series(1, ${TASKS}) n`,
    );
    await build(
      `INSERT INTO step (id, task_id, key, agent, queue, tenant_id, task_type, tier, status, deps, next, deps_left, available_at,
         order_key, attempt_timeout_ms, total_timeout_ms, max_failures, backoff_base_ms, backoff_cap_ms, on_exhausted, queued_at,
         session_id)
       SELECT gen_random_uuid(), t.id, 'step-' || n, 'write', 'write.interactive', t.tenant_id, 'article', 'T2',
         CASE WHEN t.finished_at IS NOT NULL THEN 'completed' ELSE (ARRAY['ready', 'queued', 'pending', 'ready'])[n] END,
         '{}', '{}', 0, t.created_at, step_order_key(t.created_at, 5, false), 60000, 600000, 3, 100, 1000, 'fail', t.created_at,
         NULL
       FROM task t, generate_series(1, ${STEPS_EACH}) n`,
    );
    await build('VACUUM ANALYZE');
    await builder.close();
    // One connection, so that its counters can be read.
    database = db.connect({ maxConnections: 1 });
    scene = await openScene({ database, sql: db.sql });
    // Prisma compiles a query when it first sees it, once per process.
    await createTaskQueryStore(db.database).get(newId(), null);
    await createTaskQueryStore(db.database).steps(newId(), null);
  });
  afterAll(() => db.close());

  const scans = async () => {
    await database.run({ name: 'test.flush', text: 'SELECT pg_stat_force_next_flush()' }, []);
    await database.ping();
    const rows = await db.sql<{ name: string; n: number }>(
      `SELECT 'seq ' || relname AS name, seq_scan::int AS n FROM pg_stat_user_tables WHERE relname IN ('step', 'task')
       UNION ALL SELECT indexrelname, idx_scan::int FROM pg_stat_user_indexes WHERE relname IN ('step', 'task')`,
    );
    return new Map(rows.map((row) => [row.name, row.n]));
  };
  const measure = async (work: () => Promise<unknown>) => {
    const before = await scans();
    const startedMs = performance.now();
    await work();
    const tookMs = performance.now() - startedMs;
    const after = await scans();
    return { tookMs, used: [...after].filter(([name, n]) => n > (before.get(name) ?? 0)).map(([name]) => name) };
  };

  const operations: {
    name: string;
    index?: string;
    prepare?: () => Promise<() => Promise<unknown>>;
    run?: () => Promise<unknown>;
  }[] = [
    {
      name: 'dispatch: capacities',
      index: 'step_due',
      run: () => createDispatchStore(database, ALL_QUEUES).capacities(),
    },
    {
      name: 'dispatch: backlogs',
      index: 'step_ready',
      run: () => createDispatchStore(database, ALL_QUEUES).backlogs('write.interactive', 20),
    },
    {
      name: 'dispatch: mark queued',
      index: 'step_queued',
      async prepare() {
        const store = createDispatchStore(database, ALL_QUEUES);
        const [backlog] = await store.backlogs('write.interactive', 10);
        const ids = backlog?.head.map((step) => step.stepId) ?? [];
        return async () => {
          expect(await store.markQueued('write.interactive', ids, 1_000)).toHaveLength(10);
        };
      },
    },
    {
      name: 'dispatch: stale',
      index: 'step_queued',
      run: () => createDispatchStore(database, ALL_QUEUES).stale(1_000, 100),
    },
    {
      name: 'heartbeat',
      index: 'step_running',
      async prepare() {
        const { sessionId, attempt } = await scene.running();
        const held = [{ stepId: attempt.stepId, attempt: 1 }];
        return () => createSessionStore(database).heartbeat(sessionId, 60_000, held, ALL_QUEUES);
      },
    },
    {
      name: 'reap',
      index: 'step_running',
      async prepare() {
        const { sessionId } = await scene.running();
        await scene.expireSession(sessionId);
        return async () => {
          expect(await createSessionStore(database).reap()).toHaveLength(1);
        };
      },
    },
    { name: 'fleet: backlogs', index: 'step_queued', run: () => createFleetStore(database).backlogs() },
    { name: 'fleet: past deadline', index: 'task_open', run: () => createFleetStore(database).pastDeadline(100) },
    { name: 'fleet: unfinished', run: () => createFleetStore(database).unfinished(100) },
    { name: 'fleet: overdue steps', index: 'step_running', run: () => createFleetStore(database).overdueSteps(100) },
    {
      name: 'acquire',
      async prepare() {
        const tasks = await Promise.all(OFTEN.map(() => scene.submit()));
        const sessionId = await scene.addSession();
        return async () => {
          for (const task of tasks) {
            const jobs = [{ stepId: task.steps[0]?.id ?? '', attempt: 1 }];
            expect(await driveSteps(database).acquire(sessionId, jobs)).toHaveLength(1);
          }
        };
      },
    },
    {
      name: 'settle',
      async prepare() {
        const running = await Promise.all(OFTEN.map(() => scene.running({ steps: aChain('outline', 'refine') })));
        return async () => {
          for (const { sessionId, attempt } of running) {
            const spawn = [aStep({ key: 'draft', deps: ['outline'], depsLeft: 0, next: ['refine'] })];
            const items = [aSettlement(attempt, { spawn, joins: { refine: ['draft'] } })];
            const answer = await driveSteps(database).settle(sessionId, items, {
              handoffQueues: [],
            });
            expect(answer.released).toHaveLength(1);
          }
        };
      },
    },
    {
      name: 'reserve and end a call',
      async prepare() {
        const { sessionId, attempt } = await scene.running();
        const held = aReservation(attempt, sessionId);
        return async () => {
          expect(await createMoneyStore(database).reserve([held])).toMatchObject([{ outcome: 'reserved' }]);
          await createMoneyStore(database).endCalls([anEndedCall(held)]);
        };
      },
    },
    {
      name: 'a task transition',
      async prepare() {
        const { task } = await scene.running();
        return () => createTaskTransitionStore(database).change(task.id, null, () => undefined);
      },
    },
    {
      name: 'one task, its steps and its events',
      async prepare() {
        const { task } = await scene.running();
        return async () => {
          await createTaskQueryStore(database).get(task.id, scene.tenantId);
          await createTaskQueryStore(database).steps(task.id, scene.tenantId);
          await createEventFeed(database).after(new Map([[task.id, 0]]));
        };
      },
    },
    {
      name: 'a page of a tenant’s tasks',
      run: () => createTaskQueryStore(database).list({ tenantId: scene.tenantId }, { cursor: undefined, limit: 20 }),
    },
    {
      name: 'a page of everybody’s tasks',
      run: () => createTaskQueryStore(database).list({ tenantId: null }, { cursor: undefined, limit: 20 }),
    },
  ];

  it.each(operations)(
    '$name reads no table from end to end, and is done in no time',
    async ({ index, prepare, run }) => {
      const work = prepare ? await prepare() : run;
      if (!work) throw new Error('nothing to do');
      const { tookMs, used } = await measure(work);
      expect(used.filter((name) => name.startsWith('seq '))).toEqual([]);
      if (index !== undefined) expect(used).toContain(index);
      expect(tookMs).toBeLessThan(BOUND_MS);
    },
  );

  it('scans no steps that are scheduled for later', async () => {
    await db.sql(
      `WITH t AS (
         INSERT INTO task (id, tenant_id, type, pipeline_version, lane, priority, quality, status, steps_total, steps_left,
           approvals, tags, timeout_ms, created_at, deadline_at)
         SELECT gen_random_uuid(), $1, 'article', 1, 'batch', 1, 'balanced', 'queued', 1, 1, '{}', '{}', 600000, now(), now() + interval '9 d'
         FROM generate_series(1, 5000) RETURNING id)
       INSERT INTO step (id, task_id, key, agent, queue, tenant_id, task_type, tier, status, deps, next, deps_left, available_at,
         order_key, attempt_timeout_ms, total_timeout_ms, max_failures, backoff_base_ms, backoff_cap_ms, on_exhausted)
       SELECT gen_random_uuid(), t.id, 'write', 'write', 'write.batch', $1, 'article', 'T2', 'ready', '{}', '{}', 0,
         now() + interval '8 d', step_order_key(now() + interval '8 d', 1, false), 60000, 600000, 3, 100, 1000, 'fail' FROM t`,
      [newId()],
    );
    await db.sql('ANALYZE step');
    const reads = async () =>
      Number(
        (
          await db.sql<{ n: string }>(
            `SELECT idx_tup_read AS n FROM pg_stat_user_indexes WHERE indexrelname = 'step_ready'`,
          )
        )[0]?.n,
      ) +
      Number(
        (
          await db.sql<{ n: string }>(
            `SELECT idx_tup_read AS n FROM pg_stat_user_indexes WHERE indexrelname = 'step_due'`,
          )
        )[0]?.n,
      );
    const store = createDispatchStore(database, ALL_QUEUES);
    await scans();
    const before = await reads();
    expect((await store.capacities()).find((capacity) => capacity.queue === 'write.batch')).toMatchObject({
      hasBacklog: false,
    });
    expect(await store.backlogs('write.batch', 100)).toEqual([]);
    await scans();
    expect((await reads()) - before).toBeLessThan(1_000);
  });
});
