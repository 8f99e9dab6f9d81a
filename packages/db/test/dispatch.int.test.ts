import { ALL_QUEUES } from '@pressroom/contracts';
import { aStep, driveSteps, openScene, openTestDatabase, type OpenTestDatabase, type Scene } from '@pressroom/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createDispatchStore, createFleetStore, type DispatchStore, type NewTask } from '../src/index.ts';

const QUEUE = 'write.interactive';

describe('dispatch', () => {
  let db: OpenTestDatabase;
  let scene: Scene;
  let dispatch: DispatchStore;

  // Capacities and backlogs count the whole installation, so each test has its own database.
  beforeEach(async () => {
    db = await openTestDatabase();
    scene = await openScene(db);
    dispatch = createDispatchStore(db.database, ALL_QUEUES);
  });
  afterEach(() => db.close());

  const waiting = (facts: Partial<NewTask> = {}) => scene.submit({ enqueueImmediately: false, ...facts });
  const stepOf = (task: NewTask): string => task.steps[0]?.id ?? '';
  const capacityOf = async (queue: string) =>
    (await dispatch.capacities()).find((capacity) => capacity.queue === queue);

  describe('capacities', () => {
    it('counts the slots of live sessions and queued steps, and reports due ready steps as backlog', async () => {
      await scene.addSession({ concurrency: 5, queues: [QUEUE] });
      await scene.addSession({ concurrency: 3, queues: [QUEUE, 'draft.batch'] });
      await scene.expireSession(await scene.addSession({ concurrency: 100, queues: [QUEUE] }));
      await scene.submit();
      expect(await capacityOf(QUEUE)).toEqual({
        queue: QUEUE,
        slots: 8,
        idle: 8,
        queued: 1,
        hasBacklog: false,
        pool: [],
      });
      await waiting();
      expect(await capacityOf(QUEUE)).toEqual({
        queue: QUEUE,
        slots: 8,
        idle: 8,
        queued: 1,
        hasBacklog: true,
        pool: ['draft.batch', QUEUE],
      });
      expect(await capacityOf('draft.batch')).toEqual({
        queue: 'draft.batch',
        slots: 3,
        idle: 3,
        queued: 0,
        hasBacklog: false,
        pool: [],
      });
      expect(await dispatch.capacities()).toHaveLength(ALL_QUEUES.length);
    });

    it('ignores steps that are scheduled for later', async () => {
      await scene.submit({ runAt: '2100-01-01T00:00:00Z' });
      expect(await capacityOf(QUEUE)).toMatchObject({ hasBacklog: false });
      expect(await dispatch.backlogs(QUEUE, 5)).toEqual([]);
    });
  });

  describe('backlogs', () => {
    it('returns each tenant’s first steps: started tasks, then by age shifted by priority', async () => {
      const other = await scene.addTenant({ weight: 3, maxConcurrency: 7 });
      const second = await waiting({ priority: 5 });
      const third = await waiting({ priority: 6 });
      const first = await waiting({ priority: 1 });
      const started = await waiting({ priority: 9, steps: [aStep({ key: 'late', deps: ['x'], depsLeft: 0 })] });
      const theirs = await waiting({ tenantId: other });
      const backlogs = await dispatch.backlogs(QUEUE, 10);
      expect(backlogs).toHaveLength(2);
      const mine = backlogs.find((backlog) => backlog.tenantId === scene.tenantId);
      expect(mine).toMatchObject({ weight: 1, maxConcurrency: null });
      expect(mine?.head.map((step) => step.stepId)).toEqual([started, first, second, third].map(stepOf));
      expect(backlogs.find((backlog) => backlog.tenantId === other)).toMatchObject({
        weight: 3,
        maxConcurrency: 7,
        inFlight: 0,
        head: [{ stepId: stepOf(theirs), taskId: theirs.id, attempt: 0, priority: 5, hasStarted: false }],
      });
    });

    it('starves no task: the lowest priority comes first after some minutes of waiting', async () => {
      const low = await waiting({ priority: 9 });
      await db.sql(`UPDATE step SET order_key = order_key - 300000 WHERE id = $1`, [stepOf(low)]);
      await waiting({ priority: 1 });
      expect((await dispatch.backlogs(QUEUE, 1))[0]?.head.map((step) => step.stepId)).toEqual([stepOf(low)]);
    });

    it('returns at most the requested number per tenant, also for tenants without a row', async () => {
      for (let n = 0; n < 4; n += 1) await waiting({ tenantId: '00000000-0000-7000-8000-00000000000a' });
      const [backlog] = await dispatch.backlogs(QUEUE, 3);
      expect(backlog?.head).toHaveLength(3);
      expect(backlog).toMatchObject({ weight: 1, maxConcurrency: null });
    });

    it('counts what a capped tenant has queued and running in every queue', async () => {
      const tenantId = await scene.addTenant({ maxConcurrency: 5 });
      await scene.running({ tenantId });
      const queued = await waiting({ tenantId, steps: [aStep({ key: 'a', queue: 'draft.batch' })] });
      await dispatch.markQueued('draft.batch', [stepOf(queued)], 1);
      await waiting({ tenantId });
      expect(await dispatch.backlogs(QUEUE, 3)).toMatchObject([{ tenantId, inFlight: 2 }]);
    });

    it('skips a task type at its cap without blocking other types of its tenant', async () => {
      await db.sql(`INSERT INTO task_type_cap (task_type, max_running) VALUES ('slow', 1)`);
      const slow = [await waiting({ type: 'slow' }), await waiting({ type: 'slow' }), await waiting({ type: 'slow' })];
      const other = await waiting({ type: 'quick' });
      const heads = async () =>
        (await dispatch.backlogs(QUEUE, 2)).flatMap(({ head }) => head.map((step) => step.stepId));
      expect(await heads()).toEqual(slow.slice(0, 2).map(stepOf));
      await dispatch.markQueued(QUEUE, slow.slice(0, 1).map(stepOf), 10);
      expect(await heads()).toEqual([stepOf(other)]);
    });

    it('orders the steps of a tenant across task types', async () => {
      const line = [];
      for (const type of ['b', 'a', 'b', 'a']) line.push(await waiting({ type }));
      const [backlog] = await dispatch.backlogs(QUEUE, 3);
      expect(backlog?.head.map((step) => step.stepId)).toEqual(line.slice(0, 3).map(stepOf));
    });

    it('finds due steps among many that are scheduled for later', async () => {
      for (let n = 0; n < 5; n += 1) await scene.submit({ runAt: '2100-01-01T00:00:00Z', priority: 1 });
      const due = await scene.submit({ runAt: '2020-01-01T00:00:00Z', priority: 9 });
      expect(await dispatch.backlogs(QUEUE, 3)).toMatchObject([{ head: [{ stepId: stepOf(due) }] }]);
    });
  });

  describe('markQueued', () => {
    it('moves ready steps in the given order and returns the fields of their jobs', async () => {
      const [one, two] = [await waiting({ priority: 2 }), await waiting()];
      const moved = await dispatch.markQueued(QUEUE, [stepOf(two), stepOf(one)], 10);
      expect(moved).toEqual([
        {
          stepId: stepOf(two),
          taskId: two.id,
          queue: QUEUE,
          attempt: 0,
          priority: 5,
          hasStarted: false,
          interrupted: false,
        },
        {
          stepId: stepOf(one),
          taskId: one.id,
          queue: QUEUE,
          attempt: 0,
          priority: 2,
          hasStarted: false,
          interrupted: false,
        },
      ]);
      expect(await dispatch.markQueued(QUEUE, [stepOf(one)], 10)).toEqual([]);
    });

    it.each(['pending', 'running', 'completed', 'cancelled', 'waiting'])(
      'does not move a step that is %s',
      async (status) => {
        const task = await waiting();
        await db.sql('UPDATE step SET status = $2 WHERE id = $1', [stepOf(task), status]);
        expect(await dispatch.markQueued(QUEUE, [stepOf(task)], 10)).toEqual([]);
      },
    );

    it('moves each step once for several dispatchers, which respect the look-ahead together', async () => {
      const tasks = await Promise.all(Array.from({ length: 40 }, () => waiting()));
      const stores = Array.from({ length: 6 }, () =>
        createDispatchStore(db.connect({ maxConnections: 1 }), ALL_QUEUES),
      );
      const moved = (await Promise.all(stores.map((store) => store.markQueued(QUEUE, tasks.map(stepOf), 10)))).flat();
      expect(new Set(moved.map((step) => step.stepId)).size).toBe(moved.length);
      expect(moved).toHaveLength(10);
      expect(await capacityOf(QUEUE)).toMatchObject({ queued: 10 });
    });

    it('respects a tenant’s cap when several dispatch several queues at once', async () => {
      const tenantId = await scene.addTenant({ maxConcurrency: 3 });
      await scene.running({ tenantId });
      const queues = ['write.interactive', 'draft.interactive', 'refine.interactive'];
      const ids = await Promise.all(
        queues.map(async (queue) => {
          const tasks = await Promise.all(
            Array.from({ length: 5 }, () => waiting({ tenantId, steps: [aStep({ key: 'a', queue })] })),
          );
          return { queue, steps: tasks.map(stepOf) };
        }),
      );
      const moved = (await Promise.all(ids.map(({ queue, steps }) => dispatch.markQueued(queue, steps, 10)))).flat();
      expect(moved).toHaveLength(2);
    });
  });

  describe('stale', () => {
    it('returns stale steps of open tasks, oldest first', async () => {
      const [old, older, fresh, over] = [
        await scene.submit(),
        await scene.submit(),
        await scene.submit(),
        await scene.submit(),
      ];
      const age = (task: NewTask, seconds: number) =>
        db.sql(`UPDATE step SET queued_at = now() - make_interval(secs => $2) WHERE id = $1`, [stepOf(task), seconds]);
      await age(old, 10);
      await age(older, 20);
      await age(over, 30);
      await db.sql(`UPDATE task SET finished_at = now() WHERE id = $1`, [over.id]);
      const stale = await dispatch.stale(3_000, 10);
      expect(stale.map((step) => step.stepId)).toEqual([stepOf(older), stepOf(old)]);
      expect(stale.map((step) => step.stepId)).not.toContain(stepOf(fresh));
      expect(await dispatch.stale(3_000, 1)).toHaveLength(1);
    });

    it('returns a job for the next attempt, which can then be acquired', async () => {
      const task = await scene.submit();
      await db.sql(`UPDATE step SET queued_at = now() - interval '1 min'`);
      const [step] = await dispatch.stale(3_000, 1);
      const taken = await driveSteps(db.database).acquire(await scene.addSession(), [
        { stepId: step?.stepId ?? '', attempt: (step?.attempt ?? 0) + 1 },
      ]);
      expect(taken).toMatchObject([{ taskId: task.id, attempt: 1 }]);
    });
  });

  describe('queries of the sweeps', () => {
    it('finds open tasks past their deadline', async () => {
      const task = await scene.submit();
      await scene.submit();
      const fleet = createFleetStore(db.database);
      expect(await fleet.pastDeadline(10)).toEqual([]);
      await db.sql(`UPDATE task SET deadline_at = now() - interval '1 s' WHERE id = $1`, [task.id]);
      expect(await fleet.pastDeadline(10)).toEqual([{ taskId: task.id }]);
    });

    it('finds open tasks without open steps', async () => {
      const task = await scene.submit();
      await scene.submit();
      const fleet = createFleetStore(db.database);
      expect(await fleet.unfinished(10)).toEqual([]);
      await db.sql(`UPDATE task SET steps_left = 0 WHERE id = $1`, [task.id]);
      expect(await fleet.unfinished(10)).toEqual([{ taskId: task.id }]);
    });

    it.each(['ready', 'queued', 'running'])('finds steps past their total time-out that are %s', async (status) => {
      const { attempt } = await scene.running();
      await scene.running();
      const fleet = createFleetStore(db.database);
      expect(await fleet.overdueSteps(10)).toEqual([]);
      await db.sql(`UPDATE step SET status = $2, first_started_at = now() - interval '1 h' WHERE id = $1`, [
        attempt.stepId,
        status,
      ]);
      expect(await fleet.overdueSteps(10)).toEqual([{ stepId: attempt.stepId, taskId: attempt.taskId }]);
    });

    it('counts the backlog of each queue: due or queued, with the longest wait', async () => {
      await scene.submit();
      await waiting();
      await scene.submit({ runAt: '2100-01-01T00:00:00Z' });
      await scene.running();
      await db.sql(
        `UPDATE step SET available_at = now() - interval '9 s' WHERE status = 'ready' AND available_at < now()`,
      );
      const backlogs = await createFleetStore(db.database).backlogs();
      expect(backlogs).toMatchObject([{ name: QUEUE, backlog: 2 }]);
      expect(backlogs[0]?.oldestWaitMs).toBeGreaterThanOrEqual(9_000);
    });

    it('lists live workers', async () => {
      const id = await scene.addSession({ concurrency: 4, queues: [QUEUE] });
      await scene.expireSession(await scene.addSession());
      expect(await createFleetStore(db.database).workers()).toMatchObject([{ id, concurrency: 4, pools: [QUEUE] }]);
    });
  });
});
