import { ALL_QUEUES, type QueueName } from '@pressroom/contracts';
import { describe, expect, it } from 'vitest';

import { countsFor, listPools, nameQueues } from './list-pools.ts';

const DRAFT: QueueName[] = ['draft.interactive', 'draft.batch'];
const aWorker = (queues: readonly string[] = ALL_QUEUES) => ({
  queues: [...queues],
  concurrency: 4,
  active: 0,
  rates: {},
});
const aPool = (name: string, queues: readonly QueueName[]) => ({ name, queues, min: 0, max: 5 });

describe('listPools', () => {
  it('has one pool for all queues by default, with or without workers', () => {
    expect(listPools([], [])).toMatchObject([{ name: 'all', min: 0, max: 10, configured: true, workers: [] }]);
    expect(listPools([], [aWorker(), aWorker()])).toMatchObject([{ name: 'all', workers: [{}, {}] }]);
  });

  it('has exactly the configured pools', () => {
    expect(listPools([aPool('drafts', DRAFT)], []).map(({ name }) => name)).toEqual(['drafts']);
  });

  it('assigns workers to configured pools by their set of queues, in any order', () => {
    const pools = listPools([aPool('drafts', DRAFT)], [aWorker(DRAFT.toReversed())]);
    expect(pools).toMatchObject([{ name: 'drafts', workers: [{ concurrency: 4 }] }]);
  });

  it('adds pools for other sets of queues that live workers serve', () => {
    const pools = listPools([], [aWorker(['draft.batch']), aWorker(['draft.batch'])]);
    expect(pools).toMatchObject([
      { name: 'all', workers: [] },
      { name: 'draft.batch', configured: false, workers: [{}, {}] },
    ]);
  });

  it('keeps names unique', () => {
    const pools = listPools([aPool('draft.*', ['draft.batch'])], [aWorker(DRAFT)]);
    expect(pools.map(({ name }) => name)).toEqual(['draft.*', 'found-draft.*']);
  });
});

describe('nameQueues', () => {
  it.each([
    [ALL_QUEUES, 'all'],
    [DRAFT, 'draft.*'],
    [['refine.batch'], 'refine.batch'],
    [['research.interactive', ...DRAFT, 'refine.batch'], 'research.interactive+draft.*+refine.batch'],
  ] as [QueueName[], string][])('of %j is %s', (queues, name) => {
    expect(nameQueues(queues)).toBe(name);
  });
});

describe('countsFor', () => {
  const pools = (draftWorkers: number) =>
    listPools(
      [aPool('drafts', DRAFT), aPool('rest', ALL_QUEUES)],
      Array.from({ length: draftWorkers }, () => aWorker(DRAFT)),
    );
  const owners = (queue: string, all: ReturnType<typeof pools>) =>
    all.filter((pool) => countsFor(queue, pool, all)).map(({ name }) => name);

  it('counts a queue for the pool with the fewest queues once it has workers', () => {
    expect(owners('draft.batch', pools(1))).toEqual(['drafts']);
    expect(owners('refine.batch', pools(1))).toEqual(['rest']);
  });

  it('counts a queue for larger pools while the smallest is empty', () => {
    expect(owners('draft.batch', pools(0))).toEqual(['drafts', 'rest']);
  });
});
