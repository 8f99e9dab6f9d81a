import { silentLogger } from '@pressroom/runtime';
import { describe, expect, it } from 'vitest';

import type { ProcessSpec } from './managed-process.ts';
import { createWorkerPools } from './worker-pools.ts';

function openPools() {
  const running = new Map<string, ProcessSpec>();
  const draining = new Map<string, () => void>();
  const state = { broken: false };
  const pools = createWorkerPools({
    group: {
      start: (spec) => {
        if (state.broken) return Promise.reject(new Error('does not start'));
        running.set(spec.name, spec);
        return Promise.resolve({ type: 'ready' });
      },
      stop: (matches) =>
        new Promise((resolve) => {
          for (const name of [...running.keys()].filter(matches)) {
            draining.set(name, () => {
              running.delete(name);
              draining.delete(name);
              resolve();
            });
          }
        }),
      names: () => [...running.keys()],
    },
    plan: (name, queues) => ({ name, program: '/worker.ts', env: { PRESSROOM_POOLS: queues?.join(',') } }),
    drainMs: 1_000,
    log: silentLogger(),
  });
  const size = (pool: string, workers: number) => ({ pool, queues: ['draft.batch', 'draft.interactive'], workers });
  return { pools, running, draining, state, size };
}

describe('worker pools', () => {
  it('start what is missing, and drain the youngest when there are too many', async () => {
    const { pools, running, draining, size } = openPools();
    await pools.resize([size('all', 3)]);
    expect([...running.keys()]).toEqual(['worker-1', 'worker-2', 'worker-3']);
    await pools.resize([size('all', 1)]);
    expect([...draining.keys()]).toEqual(['worker-2', 'worker-3']);
    expect(pools.workers).toBe(1);
  });

  it('do not wait for those who leave, nor take one of them for a worker', async () => {
    const { pools, running, draining, size } = openPools();
    await pools.resize([size('all', 1)]);
    await pools.resize([size('all', 0)]);
    await pools.resize([size('all', 1)]);
    expect([...running.keys()]).toEqual(['worker-1', 'worker-2']);
    draining.get('worker-1')?.();
    await pools.resize([size('all', 2)]);
    expect([...running.keys()]).toEqual(['worker-2', 'worker-1']);
  });

  it('pass its queues to workers of a named pool, and none to those of the default pool', async () => {
    const { pools, running, size } = openPools();
    await pools.resize([size('all', 1), size('drafts', 1)]);
    expect(Array.from(running.values(), ({ name, env }) => [name, env['PRESSROOM_POOLS']])).toEqual([
      ['worker-1', undefined],
      ['worker-drafts-1', 'draft.batch,draft.interactive'],
    ]);
  });

  it('drain a pool that is not named any more', async () => {
    const { pools, draining, size } = openPools();
    await pools.resize([size('drafts', 2)]);
    await pools.resize([size('rest', 1)]);
    expect([...draining.keys()]).toEqual(['worker-drafts-1', 'worker-drafts-2']);
  });

  it('do not count a worker that does not start, and try again when asked again', async () => {
    const { pools, state, size } = openPools();
    state.broken = true;
    await expect(pools.resize([size('all', 2)])).rejects.toThrow('does not start');
    expect(pools.workers).toBe(0);
    state.broken = false;
    await pools.resize([size('all', 2)]);
    expect(pools.workers).toBe(2);
  });
});
