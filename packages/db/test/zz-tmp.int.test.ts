import pg from 'pg';
import { ALL_QUEUES } from '@pressroom/contracts';
import { newId } from '@pressroom/runtime';
import {
  aChain,
  anEndedCall,
  aReservation,
  aSettlement,
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
  createStepStore,
  createTaskQueryStore,
  createTaskTransitionStore,
  type Database,
} from '../src/index.ts';

const TASKS = 12_500;
const STEPS_EACH = 4;
/** Many times what any of these takes here; a scan of the whole table, times the rate of heartbeats, is what must not be. */
const BOUND_MS = 250;

/**
 * What the counters of PostgreSQL itself say about a table that has grown: 50 000 steps, 99 % of them history. Counters
 * rather than EXPLAIN, because they also see the statements inside functions, with the plans that were really used.
 */
describe('hot statements on a grown database', () => {
  let db: OpenTestDatabase;
  let scene: Scene;
  let database: Database;

  beforeAll(async () => {
    db = await openTestDatabase();
    scene = await openScene(db);
    // Tenants of their own, as real backlogs have: 20 of them.
    await db.sql(
      `INSERT INTO tenant (id, name) SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'grown ' || n
       FROM generate_series(0, 19) n`,
    );
    await db.sql(
      `INSERT INTO task (id, tenant_id, type, pipeline_version, lane, priority, quality, status, steps_total, steps_left,
         approvals, tags, timeout_ms, created_at, deadline_at, finished_at)
       SELECT gen_random_uuid(), ('00000000-0000-7000-8000-' || lpad((n % 20)::text, 12, '0'))::uuid, 'article', 1, 'interactive', 5,
         'balanced', CASE WHEN n % 100 = 0 THEN 'running' ELSE 'completed' END, ${STEPS_EACH}, CASE WHEN n % 100 = 0 THEN ${STEPS_EACH} ELSE 0 END,
         '{}', '{}', 600000, now() - n * interval '1 s', now() + interval '1 h', CASE WHEN n % 100 = 0 THEN NULL ELSE now() END
       FROM generate_series(1, ${TASKS}) n`,
    );
    await db.sql(
      `INSERT INTO step (id, task_id, key, agent, queue, tenant_id, task_type, tier, status, deps, next, deps_left, available_at,
         order_key, attempt_timeout_ms, total_timeout_ms, max_failures, backoff_base_ms, backoff_cap_ms, on_exhausted, queued_at,
         session_id)
       SELECT gen_random_uuid(), t.id, 'step-' || n, 'write', 'write.interactive', t.tenant_id, 'article', 'T2',
         CASE WHEN t.finished_at IS NOT NULL THEN 'completed' ELSE (ARRAY['ready', 'queued', 'pending', 'ready'])[n] END,
         '{}', '{}', 0, t.created_at, step_order_key(t.created_at, 5, false), 60000, 600000, 3, 100, 1000, 'fail', t.created_at,
         NULL
       FROM task t, generate_series(1, ${STEPS_EACH}) n`,
    );
    await db.sql('VACUUM ANALYZE');
    // One connection, so that its counters can be asked for.
    database = db.connect({ maxConnections: 1 });
    // Prisma compiles a query when it first sees it, once per process.
    await createTaskQueryStore(db.database).get(newId(), null);
    await createTaskQueryStore(db.database).steps(newId(), null);
  });
  afterAll(() => db.close());


  it('x', async () => {
    const client = new pg.Client({ connectionString: db.url });
    await client.connect();
    client.on('notice', (n) => { if ((n.message ?? '').includes('Seq Scan')) console.log(n.message?.slice(0, 14000)); });
    await client.query(`LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0; SET auto_explain.log_nested_statements = on; SET client_min_messages = log`);
    const { sessionId, attempt } = await scene.running({ steps: aChain('a', 'b') });
    await client.query('SELECT * FROM settle_steps($1,$2,$3,$4)', [sessionId, JSON.stringify([aSettlement(attempt)]), [], ALL_QUEUES]);
    await client.end();
  });
});
