import { ALL_QUEUES } from '@pressroom/contracts';
import type { FleetLoad, ScalingStore } from '@pressroom/db';
import { describe, expect, it } from 'vitest';

import { createScalingAdvisor } from './scaling-advisor.ts';
import { policyFromConfig, poolsFromConfig, ScalingConfig } from './scaling-config.ts';

/** An in-memory store with a load that the test changes. */
function openAdvisor(section: Parameters<typeof ScalingConfig.parse>[0] = {}) {
  const config = ScalingConfig.parse(section);
  const load: FleetLoad & { memories: Record<string, unknown> } = {
    nowMs: 1_000_000,
    queues: [],
    workers: [],
    memories: {},
  };
  const store: ScalingStore = {
    load: () => Promise.resolve(structuredClone(load)),
    storeMemories: (memories) => {
      Object.assign(load.memories, JSON.parse(JSON.stringify(memories)));
      return Promise.resolve();
    },
  };
  const open = () => createScalingAdvisor({ store, policy: policyFromConfig(config), pools: poolsFromConfig(config) });
  return { load, open, advisor: open() };
}
const waiting = (backlog: number) => ({ name: 'draft.interactive', backlog, oldestWaitMs: 100, running: 0 });
const aWorker = (facts: object = {}) => ({
  queues: ['draft.interactive'],
  concurrency: 4,
  active: 0,
  rates: {},
  ...facts,
});

describe('the scaling advisor', () => {
  it('advises for the whole pool without workers and stored state', async () => {
    const { advisor } = openAdvisor();
    expect((await advisor.advise()).pools).toMatchObject([{ pool: 'all', currentReplicas: 0, desiredReplicas: 0 }]);
  });

  it('requests a worker as soon as a step waits, in the pool that serves its queue', async () => {
    const { load, advisor } = openAdvisor({ pools: { drafts: { queues: 'draft.*' }, rest: { queues: 'refine.*' } } });
    load.queues = [waiting(1)];
    expect((await advisor.advise()).pools).toMatchObject([
      { pool: 'drafts', backlog: 1, desiredReplicas: 1 },
      { pool: 'rest', backlog: 0, desiredReplicas: 0 },
    ]);
  });

  it('measures cooldowns from the stored state, in any coordinator', async () => {
    const { load, advisor, open } = openAdvisor();
    load.queues = [waiting(200)];
    const { pools } = await advisor.adviseAndStore();
    expect(pools[0]?.desiredReplicas).toBeGreaterThan(5);
    load.queues = [];
    load.nowMs += 30_000;
    expect((await open().advise()).pools[0]?.desiredReplicas).toBe(pools[0]?.desiredReplicas);
    load.nowMs += 30_000;
    expect((await open().advise()).pools[0]?.desiredReplicas).toBe(0);
  });

  it('stores the mean step duration for times without workers', async () => {
    const { load, advisor } = openAdvisor();
    const rates = { 'draft.interactive': { perMinute: 60, meanMs: 100 } };
    load.workers = [aWorker({ queues: ALL_QUEUES, rates })];
    await advisor.adviseAndStore();
    load.workers = [];
    load.queues = [waiting(200)];
    // 200 steps of 100 ms in four slots: one worker finishes them within five seconds.
    expect((await advisor.advise()).pools[0]?.desiredReplicas).toBeLessThanOrEqual(2);
  });

  it('ignores stored state of another version', async () => {
    const { load, advisor } = openAdvisor();
    load.memories = { all: { version: 9, desired: 'many' } };
    load.queues = [waiting(1)];
    expect((await advisor.advise()).pools[0]?.desiredReplicas).toBe(1);
  });

  it('lists every queue with its slots, also idle ones', async () => {
    const { load, advisor } = openAdvisor();
    load.workers = [aWorker(), aWorker()];
    const { queues } = await advisor.advise();
    expect(queues).toContainEqual({ name: 'draft.interactive', backlog: 0, oldestWaitMs: 0, running: 0, slots: 8 });
    expect(queues).toContainEqual({ name: 'refine.batch', backlog: 0, oldestWaitMs: 0, running: 0, slots: 0 });
  });

  it('limits each pool by its budget', async () => {
    const { load } = openAdvisor();
    load.queues = [waiting(500)];
    const config = ScalingConfig.parse({});
    const asked: string[] = [];
    const advisor = createScalingAdvisor({
      store: { load: () => Promise.resolve(load), storeMemories: () => Promise.resolve() },
      policy: policyFromConfig(config),
      pools: [],
      budgetAllows: (pool) => Promise.resolve((asked.push(pool), 3)),
    });
    expect((await advisor.advise()).pools).toMatchObject([{ desiredReplicas: 3, limitedBy: 'budget' }]);
    expect(asked).toEqual(['all']);
  });
});
