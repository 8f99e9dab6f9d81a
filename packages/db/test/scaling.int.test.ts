import { aStep, openScene, openTestDatabase, type OpenTestDatabase, type Scene } from '@pressroom/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createFleetStore, createScalingStore, createSessionStore, type ScalingStore } from '../src/index.ts';

describe('the scaling store', () => {
  let db: OpenTestDatabase;
  let scene: Scene;
  let store: ScalingStore;

  beforeAll(async () => {
    db = await openTestDatabase();
    scene = await openScene(db);
    store = createScalingStore(db.database);
  });
  afterAll(() => db.close());

  const queueNow = async (name: string) => (await store.load()).queues.find((queue) => queue.name === name);

  it('reports an empty fleet without workers', async () => {
    const load = await store.load();
    expect(load).toMatchObject({ queues: [], workers: [], memories: {} });
    expect(Math.abs(load.nowMs - Date.now())).toBeLessThan(5_000);
  });

  it('counts waiting and running steps by queue', async () => {
    const steps = () => [aStep({ key: 'a', queue: 'draft.batch' })];
    await scene.submit({ steps: steps() });
    await scene.submit({ enqueueImmediately: false, steps: steps() });
    const { sessionId } = await scene.running({ steps: steps() });
    expect(await queueNow('draft.batch')).toMatchObject({ backlog: 2, running: 1 });
    expect((await store.load()).workers).toHaveLength(1);
    await createSessionStore(db.database).end(sessionId);
  });

  it('ignores steps that are scheduled for later', async () => {
    await scene.submit({ runAt: '2100-01-01T00:00:00Z', steps: [aStep({ key: 'a', queue: 'refine.batch' })] });
    expect(await queueNow('refine.batch')).toBeUndefined();
  });

  it('reports the longest wait', async () => {
    const task = await scene.submit({
      enqueueImmediately: false,
      steps: [aStep({ key: 'a', queue: 'outline.batch' })],
    });
    await db.sql(`UPDATE step SET available_at = now() - interval '90 s' WHERE task_id = $1`, [task.id]);
    expect((await queueNow('outline.batch'))?.oldestWaitMs).toBeGreaterThanOrEqual(90_000);
  });

  it('ignores the backlog of a paused queue', async () => {
    await scene.submit({ steps: [aStep({ key: 'a', queue: 'research.batch' })] });
    await db.sql(`INSERT INTO queue_state (name, paused, changed_by) VALUES ('research.batch', true, 'test')`);
    expect(await queueNow('research.batch')).toBeUndefined();
  });

  it('returns the rates of workers', async () => {
    const sessionId = await scene.addSession({ concurrency: 3, queues: ['draft.batch'] });
    const rates = { 'draft.batch': { perMinute: 12.5, meanMs: 4_800 } };
    await createSessionStore(db.database).heartbeat(sessionId, 60_000, [], [], rates);
    expect((await store.load()).workers).toContainEqual({ queues: ['draft.batch'], concurrency: 3, active: 0, rates });
  });

  it('stores state repeatedly', async () => {
    await store.storeMemories({ all: { desired: 2 }, drafts: { desired: 1 } });
    await store.storeMemories({ all: { desired: 3 } });
    expect((await store.load()).memories).toEqual({ all: { desired: 3 }, drafts: { desired: 1 } });
  });

  it('removes state after a day when it is not stored again', async () => {
    await store.storeMemories({ gone: {}, stays: {} });
    await db.sql(`UPDATE pool_scaling SET at = now() - interval '2 days' WHERE pool IN ('gone', 'stays')`);
    await store.storeMemories({ stays: { desired: 1 } });
    expect(Object.keys((await store.load()).memories)).not.toContain('gone');
    expect((await store.load()).memories['stays']).toEqual({ desired: 1 });
  });
});

describe('the age of queued steps', () => {
  let db: OpenTestDatabase;
  let scene: Scene;

  beforeAll(async () => {
    db = await openTestDatabase();
    scene = await openScene(db);
  });
  afterAll(() => db.close());

  it('is reported for unpaused queues with queued steps', async () => {
    const submit = async (queue: string, seconds: number) => {
      const task = await scene.submit({ steps: [aStep({ key: 'a', queue })] });
      await db.sql(`UPDATE step SET queued_at = now() - $2 * interval '1 s' WHERE task_id = $1`, [task.id, seconds]);
    };
    await submit('draft.batch', 5);
    await submit('draft.batch', 60);
    await submit('refine.batch', 60);
    await db.sql(`INSERT INTO queue_state (name, paused, changed_by) VALUES ('refine.batch', true, 'test')`);
    await scene.submit({ enqueueImmediately: false, steps: [aStep({ key: 'a', queue: 'outline.batch' })] });

    const fleet = createFleetStore(db.database);
    const found = await fleet.longestQueued(['draft.batch', 'refine.batch', 'outline.batch', 'write.batch']);
    expect(found.map(({ queue }) => queue)).toEqual(['draft.batch']);
    expect(found[0]?.queuedForMs).toBeGreaterThanOrEqual(60_000);
    expect(found[0]?.queuedForMs).toBeLessThan(90_000);
  });
});
