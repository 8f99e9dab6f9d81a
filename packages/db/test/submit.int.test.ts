import { newId } from '@pressroom/runtime';
import {
  aChain,
  aStep,
  aTask,
  openScene,
  openTestDatabase,
  type OpenTestDatabase,
  type Scene,
} from '@pressroom/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createSubmitStore, type SubmitStore } from '../src/index.ts';

describe('submit', () => {
  let db: OpenTestDatabase;
  let scene: Scene;
  let store: SubmitStore;

  beforeAll(async () => {
    db = await openTestDatabase();
    scene = await openScene(db);
    store = createSubmitStore(db.database);
  });
  afterAll(() => db.close());

  const stored = (tenantId: string) =>
    db.sql<{ tasks: number; steps: number; events: number }>(
      `SELECT (SELECT count(*) FROM task WHERE tenant_id = $1)::int AS tasks,
         (SELECT count(*) FROM step WHERE tenant_id = $1)::int AS steps,
         (SELECT count(*) FROM task_event e JOIN task t ON t.id = e.task_id WHERE t.tenant_id = $1)::int AS events`,
      [tenantId],
    );

  it('commits a task with its plan, its budget and its first event', async () => {
    const task = await scene.submit({ steps: aChain('research', 'outline'), budgetNano: '5000' });
    expect(
      await db.sql('SELECT key, status, deps_left FROM step WHERE task_id = $1 ORDER BY key DESC', [task.id]),
    ).toEqual([
      { key: 'research', status: 'queued', deps_left: 0 },
      { key: 'outline', status: 'pending', deps_left: 1 },
    ]);
    expect(
      await db.sql('SELECT status, steps_total, steps_left, event_seq FROM task WHERE id = $1', [task.id]),
    ).toEqual([{ status: 'queued', steps_total: 2, steps_left: 2, event_seq: 1 }]);
    expect(await db.sql('SELECT seq, type FROM task_event WHERE task_id = $1', [task.id])).toEqual([
      { seq: 1, type: 'task.queued' },
    ]);
    expect(await db.sql('SELECT limit_nano FROM budget_counter WHERE key = $1', [`task:${task.id}`])).toEqual([
      { limit_nano: '5000' },
    ]);
  });

  it('leaves first steps of a capped tenant to the dispatcher, and reports that', async () => {
    const tenantId = await scene.addTenant({ maxConcurrency: 3 });
    const [capped, free] = [aTask({ tenantId }), aTask({ tenantId: scene.tenantId })];
    const made = await store.submit([capped, free]);
    expect(made.filter((task) => task.enqueueImmediately).map((task) => task.id)).toEqual([free.id]);
    expect(await db.sql('SELECT status FROM step WHERE task_id = $1', [capped.id])).toEqual([{ status: 'ready' }]);
  });

  it('inserts first steps as `ready` unless they are enqueued immediately', async () => {
    const { id } = await scene.submit({ enqueueImmediately: false });
    expect(await db.sql('SELECT status FROM step WHERE task_id = $1', [id])).toEqual([{ status: 'ready' }]);
  });

  it('counts the deadline of a scheduled task from its start', async () => {
    const { id } = await scene.submit({ runAt: '2100-01-01T00:00:00Z', timeoutMs: 1_000 });
    expect(await db.sql('SELECT deadline_at FROM task WHERE id = $1', [id])).toEqual([
      { deadline_at: new Date('2100-01-01T00:00:01Z') },
    ]);
    expect(await db.sql('SELECT status, available_at FROM step WHERE task_id = $1', [id])).toEqual([
      { status: 'ready', available_at: new Date('2100-01-01T00:00:00Z') },
    ]);
  });

  it.each([
    { title: 'in one statement', submit: (tasks: ReturnType<typeof aTask>[]) => store.submit(tasks) },
    {
      title: 'in twenty at once',
      submit: async (tasks: ReturnType<typeof aTask>[]) =>
        (await Promise.all(tasks.map((task) => store.submit([task])))).flat(),
    },
  ])('creates one task for twenty with the same tenant and key, $title', async ({ submit }) => {
    const tenantId = await scene.addTenant();
    const made = await submit(
      Array.from({ length: 20 }, (_, index) =>
        aTask({
          tenantId,
          idempotencyKey: 'same',
          requestHash: `body ${index}`,
          budgetNano: '1',
          steps: aChain('a', 'b'),
        }),
      ),
    );
    expect(made).toHaveLength(1);
    expect(await stored(tenantId)).toEqual([{ tasks: 1, steps: 2, events: 1 }]);
    expect(await store.findByIdempotencyKey(tenantId, 'same')).toMatchObject({ id: made[0]?.id, generation: 1 });
  });

  it('stores no step, event or budget of a task whose key exists', async () => {
    const tenantId = await scene.addTenant();
    await store.submit([aTask({ tenantId, idempotencyKey: 'k' })]);
    const late = aTask({ tenantId, idempotencyKey: 'k', budgetNano: '1' });
    const neighbour = aTask({ tenantId });
    expect((await store.submit([late, neighbour])).map((task) => task.id)).toEqual([neighbour.id]);
    expect(await db.sql('SELECT 1 FROM step WHERE task_id = $1', [late.id])).toEqual([]);
    expect(await db.sql('SELECT 1 FROM task_event WHERE task_id = $1', [late.id])).toEqual([]);
    expect(await db.sql('SELECT 1 FROM budget_counter WHERE key = $1', [`task:${late.id}`])).toEqual([]);
  });

  it('separates tenants with the same key', async () => {
    const [one, two] = [await scene.addTenant(), await scene.addTenant()];
    const made = await store.submit([one, two].map((tenantId) => aTask({ tenantId, idempotencyKey: 'shared' })));
    expect(made).toHaveLength(2);
    expect(await store.findByIdempotencyKey(newId(), 'shared')).toBeUndefined();
  });

  it('handles concurrent batches with the same keys in opposite order', async () => {
    const tenantId = await scene.addTenant();
    const keys = Array.from({ length: 30 }, (_, index) => `key-${index}`);
    const batch = (order: readonly string[]) => order.map((idempotencyKey) => aTask({ tenantId, idempotencyKey }));
    const made = await Promise.all([store.submit(batch(keys)), store.submit(batch(keys.toReversed()))]);
    expect(made.flat()).toHaveLength(30);
  });

  it('replaces characters that jsonb rejects', async () => {
    const task = await scene.submit({
      input: { topic: 'a\0b\ud800' },
      steps: [aStep({ key: 'only', params: { p: '\0' } })],
    });
    expect(await db.sql('SELECT input FROM task WHERE id = $1', [task.id])).toEqual([
      { input: { topic: 'a\ufffdb\ufffd' } },
    ]);
  });
});
