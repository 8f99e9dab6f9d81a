import { ALL_QUEUES } from '@pressroom/contracts';
import { aStep, driveSteps, openScene, openTestDatabase, type OpenTestDatabase, type Scene } from '@pressroom/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import {
  createAuditStore,
  createDispatchStore,
  createQueueStateStore,
  createSessionStore,
  type DispatchStore,
  type QueueStateStore,
} from '../src/index.ts';

const QUEUE = 'write.interactive';
const ADMIN = { keyId: 'admin-key', role: 'admin' } as const;

describe('queues', () => {
  let db: OpenTestDatabase;
  let scene: Scene;
  let queues: QueueStateStore;
  let dispatch: DispatchStore;

  beforeAll(async () => {
    db = await openTestDatabase();
    queues = createQueueStateStore(db.database);
    dispatch = createDispatchStore(db.database, ALL_QUEUES);
  });
  beforeEach(async () => {
    await db.sql(
      'TRUNCATE task, step, task_event, artifact, attempt, queue_state, task_type_cap, worker_session, audit',
    );
    scene = await openScene(db);
  });
  afterAll(() => db.close());

  const statusOf = async (stepId: string): Promise<unknown> =>
    (await db.sql('SELECT status FROM step WHERE id = $1', [stepId]))[0]?.['status'];
  const firstOf = async (facts: Parameters<Scene['submit']>[0] = {}) => {
    const [step] = (await scene.submit(facts)).steps;
    if (!step) throw new Error('a task without steps');
    return step;
  };
  const capacityOf = async (queue: string) =>
    (await dispatch.capacities()).find((capacity) => capacity.queue === queue);

  describe('pause', () => {
    it('starts no further attempt, while a running one continues to its settlement', async () => {
      const { sessionId, attempt } = await scene.running();
      const waiting = await firstOf();
      await queues.set(QUEUE, true, ADMIN);
      const taken = await driveSteps(db.database).acquire(sessionId, [{ stepId: waiting.id, attempt: 1 }]);
      expect(taken).toEqual([]);
      const answer = await scene.settle(sessionId, {
        stepId: attempt.stepId,
        attempt: attempt.attempt,
        output: {},
        limitations: [],
        degraded: false,
        costNano: '0',
        spawn: [],
        joins: {},
        avoided: [],
      });
      expect(answer.outcomes.get(attempt.stepId)).toBe('settled');
    });

    it('makes queued steps ready, so that they use up no caps', async () => {
      const { id } = await firstOf();
      await queues.set(QUEUE, true, ADMIN);
      expect(await statusOf(id)).toBe('ready');
    });

    it('acquires nothing, even after a flush of the queue store with a queued step', async () => {
      await queues.set(QUEUE, true, ADMIN);
      const { id } = await firstOf();
      await db.sql(`UPDATE step SET queued_at = now() - interval '1 minute' WHERE id = $1`, [id]);
      expect(await dispatch.stale(1_000, 10)).toEqual([]);
      const sessionId = await scene.addSession();
      expect(await driveSteps(db.database).acquire(sessionId, [{ stepId: id, attempt: 1 }])).toEqual([]);
    });

    it('dispatches nothing by any path', async () => {
      await scene.addSession();
      const { id } = await firstOf({ enqueueImmediately: false });
      expect(await capacityOf(QUEUE)).toMatchObject({ slots: 8, hasBacklog: true });
      await queues.set(QUEUE, true, ADMIN);
      expect(await capacityOf(QUEUE)).toEqual({
        queue: QUEUE,
        slots: 0,
        idle: 0,
        queued: 0,
        hasBacklog: false,
        pool: [],
      });
      expect(await dispatch.markQueued(QUEUE, [id], 10)).toEqual([]);
      await queues.set(QUEUE, false, ADMIN);
      expect(await dispatch.markQueued(QUEUE, [id], 10)).toHaveLength(1);
    });

    it('reaches workers with their next heartbeat, so that nothing is handed off', async () => {
      const sessionId = await scene.addSession();
      const sessions = createSessionStore(db.database);
      await queues.set('draft.batch', true, ADMIN);
      expect(await sessions.heartbeat(sessionId, 60_000, [], ALL_QUEUES)).toMatchObject({
        queuesWithBacklog: ['draft.batch'],
        liveWorkers: 1,
      });
      await scene.addSession();
      expect(await sessions.heartbeat(sessionId, 60_000, [], ALL_QUEUES)).toMatchObject({ liveWorkers: 2 });
    });

    it('applies to settles at once, before any heartbeat', async () => {
      const next = aStep({ key: 'b', deps: ['a'], depsLeft: 1 });
      const { sessionId, attempt } = await scene.running({ steps: [aStep({ key: 'a', next: ['b'] }), next] });
      await queues.set(QUEUE, true, ADMIN);
      const items = [{ ...settlement, stepId: attempt.stepId, attempt: 1 }];
      const answer = await driveSteps(db.database).settle(sessionId, items, {
        handoffQueues: [QUEUE],
      });
      expect(answer.released).toMatchObject([{ kind: 'ready', stepId: next.id }]);
    });

    it('does not affect other queues', async () => {
      await queues.set('draft.batch', true, ADMIN);
      const { id } = await firstOf();
      const sessionId = await scene.addSession();
      expect(await driveSteps(db.database).acquire(sessionId, [{ stepId: id, attempt: 1 }])).toHaveLength(1);
    });

    it('is set once, with its actor', async () => {
      expect(await queues.set(QUEUE, true, ADMIN)).toMatchObject({
        paused: true,
        changed: true,
        changedBy: ADMIN.keyId,
      });
      expect(await queues.set(QUEUE, true, { keyId: 'other', role: 'admin' })).toMatchObject({
        changed: false,
        changedBy: ADMIN.keyId,
      });
      expect(await queues.list()).toMatchObject([{ name: QUEUE, paused: true }]);
      const { items } = await createAuditStore(db.database).list({ tenantId: null }, { cursor: undefined, limit: 10 });
      expect(items.map(({ action, target }) => [action, target.id])).toEqual([['queue.pause', QUEUE]]);
    });
  });

  describe('caps of task types', () => {
    it('count queued and running steps of that type only', async () => {
      await scene.running();
      await queues.replaceTypeCaps({ article: 3 });
      const articles = await Promise.all(Array.from({ length: 4 }, () => firstOf({ enqueueImmediately: false })));
      const briefs = await Promise.all(
        Array.from({ length: 4 }, () => firstOf({ enqueueImmediately: false, type: 'brief' })),
      );
      const ids = [...articles, ...briefs].map(({ id }) => id);
      const moved = await dispatch.markQueued(QUEUE, ids, 100);
      expect(moved.map(({ stepId }) => stepId)).toEqual([...articles.slice(0, 2), ...briefs].map(({ id }) => id));
      expect(await dispatch.markQueued(QUEUE, ids, 100)).toEqual([]);
    });

    it('combine with a tenant’s cap: steps over that cap do not count for their type', async () => {
      await queues.replaceTypeCaps({ article: 2 });
      const tenantId = await scene.addTenant({ maxConcurrency: 1 });
      const capped = await Promise.all([1, 2].map(() => firstOf({ enqueueImmediately: false, tenantId })));
      const free = await firstOf({ enqueueImmediately: false });
      const moved = await dispatch.markQueued(
        QUEUE,
        [...capped, free].map(({ id }) => id),
        100,
      );
      expect(moved.map(({ stepId }) => stepId)).toEqual([capped[0]?.id, free.id]);
    });

    it('leave first and released steps to the dispatcher', async () => {
      await queues.replaceTypeCaps({ article: 5 });
      expect(await statusOf((await firstOf({ enqueueImmediately: true })).id)).toBe('ready');
      expect(await statusOf((await firstOf({ enqueueImmediately: true, type: 'brief' })).id)).toBe('queued');
      const next = aStep({ key: 'b', deps: ['a'], depsLeft: 1 });
      const first = aStep({ key: 'a', next: ['b'] });
      await queues.replaceTypeCaps({});
      const { sessionId, attempt } = await scene.running({ steps: [first, next] });
      await queues.replaceTypeCaps({ article: 5 });
      const { released } = await scene.settle(sessionId, { ...settlement, stepId: attempt.stepId, attempt: 1 });
      expect(released).toMatchObject([{ kind: 'ready', stepId: next.id }]);
    });

    it('are replaced by the last configuration', async () => {
      await queues.replaceTypeCaps({ article: 5, brief: 2 });
      await queues.replaceTypeCaps({ article: 6 });
      expect(await db.sql('SELECT task_type, max_running FROM task_type_cap')).toEqual([
        { task_type: 'article', max_running: 6 },
      ]);
    });
  });

  describe('waiting', () => {
    const limits = { [QUEUE]: 3_600_000 };
    const wait = (stepId: string, minutes: number) =>
      db.sql(`UPDATE step SET available_at = now() - $2 * interval '1 minute' WHERE id = $1`, [stepId, minutes]);
    const timedOutSteps = async () => (await queues.queueTimedOutSteps(limits, 10)).map(({ stepId }) => stepId);

    it.each([true, false])('ends at the limit of the lane, queued or not (queued: %s)', async (enqueueImmediately) => {
      const [late, early] = await Promise.all([firstOf({ enqueueImmediately }), firstOf({ enqueueImmediately })]);
      await wait(late.id, 61);
      await wait(early.id, 59);
      expect(await timedOutSteps()).toEqual([late.id]);
    });

    it.each([true, false])(
      'ends at the step’s own limit, shorter or longer (queued: %s)',
      async (enqueueImmediately) => {
        const of = (queueTimeoutMs: number) =>
          firstOf({ enqueueImmediately, steps: [aStep({ key: 'a', queueTimeoutMs })] });
        const [short, long] = [await of(60_000), await of(86_400_000)];
        await wait(short.id, 2);
        await wait(long.id, 120);
        expect(await timedOutSteps()).toEqual([short.id]);
      },
    );

    it('does not count before a step’s scheduled start', async () => {
      await firstOf({
        enqueueImmediately: false,
        runAt: '2099-01-01T00:00:00Z',
        steps: [aStep({ key: 'a', queueTimeoutMs: 1 })],
      });
      expect(await timedOutSteps()).toEqual([]);
    });

    it('does not count while its queue is paused, and starts over when it is resumed', async () => {
      const { id } = await firstOf({ enqueueImmediately: false });
      await wait(id, 120);
      await queues.set(QUEUE, true, ADMIN);
      expect(await timedOutSteps()).toEqual([]);
      await queues.set(QUEUE, false, ADMIN);
      expect(await timedOutSteps()).toEqual([]);
      await db.sql(`UPDATE queue_state SET changed_at = now() - interval '61 minutes'`);
      expect(await timedOutSteps()).toEqual([id]);
    });
  });

  const settlement = { output: {}, limitations: [], degraded: false, costNano: '0', spawn: [], joins: {}, avoided: [] };
});
