import { openScene, openTestDatabase, type OpenTestDatabase, type Scene } from '@pressroom/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createTaskCountStore } from '../src/index.ts';

describe('counts of tasks by status', () => {
  let db: OpenTestDatabase;
  let scene: Scene;
  beforeAll(async () => {
    db = await openTestDatabase();
    scene = await openScene(db);
  });
  afterAll(() => db.close());

  it('distinguish open from finished tasks, archived or not', async () => {
    const store = createTaskCountStore(db.database);
    expect(await store.open()).toEqual([]);
    const tasks = await Promise.all(Array.from({ length: 5 }, () => scene.submit()));
    const ids = tasks.map(({ id }) => id);
    await db.sql('SELECT cancel_tasks($1::uuid[], $2, true)', [ids.slice(0, 2), ids[0]]);
    await db.sql(`UPDATE task SET status = 'awaiting_approval' WHERE id = $1`, [ids[4]]);
    const sorted = async (kind: 'open' | 'ended') =>
      (await store[kind]()).toSorted((a, b) => a.status.localeCompare(b.status));
    expect(await sorted('open')).toEqual([
      { status: 'awaiting_approval', count: 1 },
      { status: 'queued', count: 2 },
    ]);
    expect(await sorted('ended')).toEqual([{ status: 'cancelled', count: 2 }]);
  });

  it('read open tasks by an index, with any number of finished tasks', async () => {
    await db.sql(
      `INSERT INTO task (id, tenant_id, type, pipeline_version, lane, priority, quality, status, steps_total, steps_left, approvals,
         tags, timeout_ms, created_at, deadline_at, finished_at)
       SELECT gen_random_uuid(), $1, 'article', 1, 'batch', 5, 'balanced', 'completed', 1, 0, '{}', '{}', 1, now(), now(), now()
       FROM generate_series(1, 20000)`,
      [scene.tenantId],
    );
    await db.sql('ANALYZE task');
    const plan = JSON.stringify(
      await db.sql('EXPLAIN SELECT status, count(*)::int FROM task WHERE finished_at IS NULL GROUP BY status'),
    );
    expect(plan).toMatch(/task_open/);
  });
});
