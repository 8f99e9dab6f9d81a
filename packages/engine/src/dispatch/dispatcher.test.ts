import type { DispatchStore, QueuedStep, QueueCapacity, TenantBacklog } from '@pressroom/db';
import type { StepJob } from '@pressroom/contracts';
import { silentLogger } from '@pressroom/runtime';
import { createTestClock } from '@pressroom/testkit';
import { describe, expect, it } from 'vitest';

import { createDispatcher } from './dispatcher.ts';

const QUEUE = 'write.interactive';

/** An in-memory store with ready steps by tenant. */
function fakeStore(ready: Record<string, string[]>, slots: number, busy: number) {
  const queued: string[] = [];
  const log: string[] = [];
  let failures = 0;
  const toQueued = (stepId: string): QueuedStep => ({
    stepId,
    taskId: `task-${stepId}`,
    queue: QUEUE,
    attempt: 0,
    priority: 5,
    hasStarted: false,
    interrupted: false,
  });
  const store: DispatchStore = {
    capacities(): Promise<QueueCapacity[]> {
      log.push('capacities');
      if (failures > 0) {
        failures -= 1;
        return Promise.reject(new Error('unavailable'));
      }
      const hasBacklog = Object.values(ready).some((steps) => steps.length > 0);
      return Promise.resolve([
        { queue: QUEUE, slots, idle: slots - busy, queued: queued.length, hasBacklog, pool: [QUEUE] },
      ]);
    },
    backlogs(_queue, limit): Promise<TenantBacklog[]> {
      log.push(`backlogs ${limit}`);
      return Promise.resolve(
        Object.entries(ready)
          .filter(([, steps]) => steps.length > 0)
          .map(([tenantId, steps]) => ({
            queue: QUEUE,
            tenantId,
            weight: 1,
            inFlight: 0,
            maxConcurrency: null,
            head: steps
              .slice(0, limit)
              .map((stepId) => ({ stepId, taskId: `task-${stepId}`, attempt: 0, priority: 5, hasStarted: false })),
          })),
      );
    },
    markQueued(_queue, stepIds) {
      const moved = stepIds.filter((id) => Object.values(ready).some((steps) => steps.includes(id)));
      for (const [tenant, steps] of Object.entries(ready)) ready[tenant] = steps.filter((id) => !moved.includes(id));
      queued.push(...moved);
      return Promise.resolve(moved.map(toQueued));
    },
    stale: () => Promise.resolve([toQueued('stale')]),
  };
  return {
    store,
    queued,
    log,
    failNext: (times: number) => {
      failures = times;
    },
  };
}

function start(ready: Record<string, string[]>, slots = 4, busy = 0) {
  const fake = fakeStore(ready, slots, busy);
  const added: { job: StepJob; priority: number }[] = [];
  const clock = createTestClock();
  const dispatcher = createDispatcher({
    store: fake.store,
    jobs: {
      add(_queue, jobs) {
        added.push(...jobs);
        return Promise.resolve();
      },
    },
    clock,
    log: silentLogger(),
  });
  return { ...fake, added, clock, dispatcher };
}

describe('dispatcher', () => {
  it('releases one step per free slot, fair among tenants, as jobs for the next attempt', async () => {
    const { dispatcher, added } = start({ a: ['a1', 'a2', 'a3'], b: ['b1', 'b2', 'b3'] });
    expect(await dispatcher.dispatchOnce()).toBe(4);
    expect(added.map(({ job }) => job.stepId)).toEqual(['a1', 'b1', 'a2', 'b2']);
    expect(added[0]).toEqual({ job: { taskId: 'task-a1', stepId: 'a1', attempt: 1 }, priority: 25 });
    expect(await dispatcher.dispatchOnce()).toBe(0);
  });

  it('releases one step while no worker is alive, so that a new worker finds a job at once', async () => {
    const { dispatcher } = start({ a: ['a1', 'a2'] }, 0);
    expect(await dispatcher.dispatchOnce()).toBe(1);
    expect(await dispatcher.dispatchOnce()).toBe(0);
  });

  it('runs one dispatch at a time; concurrent callers share its result', async () => {
    const { dispatcher, log, queued } = start({ a: ['a1', 'a2', 'a3', 'a4', 'a5', 'a6'] });
    expect(
      await Promise.all([dispatcher.dispatchOnce(), dispatcher.dispatchOnce(), dispatcher.dispatchOnce()]),
    ).toEqual([4, 4, 4]);
    expect(log.filter((entry) => entry === 'capacities')).toHaveLength(1);
    expect(queued).toHaveLength(4);
  });

  it('coalesces requests, and pauses after a dispatch that released nothing', async () => {
    const { dispatcher, log, clock } = start({});
    for (let n = 0; n < 100; n += 1) dispatcher.requestDispatch();
    await clock.advance(10);
    for (let n = 0; n < 100; n += 1) dispatcher.requestDispatch();
    await clock.advance(10);
    expect(log).toEqual(['capacities']);
    await clock.advance(10);
    expect(log).toEqual(['capacities', 'capacities']);
    await dispatcher.stop();
  });

  it('does not retry an unavailable store before the next request', async () => {
    const { dispatcher, log, clock, failNext, queued } = start({ a: ['a1'] });
    failNext(1);
    dispatcher.requestDispatch();
    await clock.advance(1_000);
    expect(log).toEqual(['capacities']);
    dispatcher.requestDispatch();
    await clock.advance(1_000);
    expect(queued).toEqual(['a1']);
    await dispatcher.stop();
  });

  it('reserves direct slots only while slots are free and no step waits', async () => {
    const { dispatcher } = start({}, 2);
    expect(dispatcher.reserveDirectSlot(QUEUE)).toBe(false);
    await dispatcher.dispatchOnce();
    expect([1, 2, 3].map(() => dispatcher.reserveDirectSlot(QUEUE))).toEqual([true, true, false]);
    const backlogged = start({ a: ['a1'] }, 2);
    await backlogged.dispatcher.dispatchOnce();
    expect(backlogged.dispatcher.reserveDirectSlot(QUEUE)).toBe(false);
  });

  it('reserves no direct slot while all slots are busy, so that no tenant fills the queue store ahead of others', async () => {
    const { dispatcher } = start({}, 4, 4);
    await dispatcher.dispatchOnce();
    expect(dispatcher.reserveDirectSlot(QUEUE)).toBe(false);
  });

  it('refreshes the free slots before the known ones are used up', async () => {
    const { dispatcher, clock } = start({}, 4);
    await dispatcher.dispatchOnce();
    for (let n = 0; n < 40; n += 1) {
      expect(dispatcher.reserveDirectSlot(QUEUE)).toBe(true);
      await clock.advance(100);
    }
    await dispatcher.stop();
  });

  it('adds the jobs of stale steps again', async () => {
    const { dispatcher, added } = start({});
    expect(await dispatcher.requeueStale()).toBe(1);
    expect(added.map(({ job }) => job)).toEqual([{ taskId: 'task-stale', stepId: 'stale', attempt: 1 }]);
  });

  it('does nothing after stop', async () => {
    const { dispatcher, log, clock } = start({ a: ['a1'] });
    await dispatcher.stop();
    dispatcher.requestDispatch();
    await clock.advance(1_000);
    expect(log).toEqual([]);
  });
});

/** Two queues with endless backlogs: first steps of new tasks in one, steps of started tasks in the other. Jobs run at once. */
function endless(pools: { research: string[]; draft: string[] }) {
  const released = { research: 0, draft: 0 };
  const nameOf = (queue: string) => (queue.startsWith('draft') ? 'draft' : 'research');
  let ids = 0;
  const store: DispatchStore = {
    capacities: () =>
      Promise.resolve(
        (['research', 'draft'] as const).map((name) => ({
          queue: `${name}.interactive`,
          slots: 16,
          idle: 0,
          queued: 0,
          hasBacklog: true,
          pool: pools[name],
        })),
      ),
    backlogs: (queue, limit) =>
      Promise.resolve([
        {
          queue,
          tenantId: 'a',
          weight: 1,
          inFlight: 0,
          maxConcurrency: null,
          head: Array.from({ length: limit }, () => ({
            stepId: `${(ids += 1)}`,
            taskId: 'task',
            attempt: 0,
            priority: 5,
            hasStarted: nameOf(queue) === 'draft',
          })),
        },
      ]),
    markQueued(queue, stepIds) {
      released[nameOf(queue)] += stepIds.length;
      return Promise.resolve(
        stepIds.map((stepId) => ({
          stepId,
          taskId: 'task',
          queue,
          attempt: 0,
          priority: 5,
          hasStarted: false,
          interrupted: false,
        })),
      );
    },
    stale: () => Promise.resolve([]),
  };
  const jobs = { add: () => Promise.resolve() };
  return { dispatcher: createDispatcher({ store, jobs, clock: createTestClock(), log: silentLogger() }), released };
}

describe('while steps of started tasks wait', () => {
  const both = ['research.interactive', 'draft.interactive'];

  it('one new task starts for every eight of them: started tasks finish, and new ones are not starved', async () => {
    const { dispatcher, released } = endless({ research: both, draft: both });
    for (let n = 0; n < 100; n += 1) await dispatcher.dispatchOnce();
    expect(released.draft / released.research).toBeGreaterThan(7);
    expect(released.draft / released.research).toBeLessThan(9);
  });

  it('workers of another pool start new tasks without limit', async () => {
    const { dispatcher, released } = endless({ research: ['research.interactive'], draft: ['draft.interactive'] });
    for (let n = 0; n < 100; n += 1) await dispatcher.dispatchOnce();
    expect(released.research).toBe(released.draft);
  });
});
