import type { StepJob } from '@pressroom/contracts';
import { newId, silentLogger } from '@pressroom/runtime';
import {
  hasTestRedis,
  type PrivateRedis,
  startPrivateRedis,
  startTcpProxy,
  type TcpProxy,
  until,
} from '@pressroom/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createConsumer, createProducer, createQueueAdmin } from '../src/index.ts';
import { openBackend, redisStore } from './stores.ts';

const QUEUES = ['draft.interactive', 'refine.batch'] as const;
/** Acceptable delay of producers and consumers after a fail-over. */
const RECONNECT_MS = 10_000;
const aJob = (): StepJob => ({ taskId: newId(), stepId: newId(), attempt: 1 });

async function startServer(): Promise<PrivateRedis> {
  const server = await startPrivateRedis({ args: ['--repl-diskless-sync-delay', '0'] });
  if (server === undefined) throw new Error('redis-server is not installed');
  return server;
}

describe.skipIf(!hasTestRedis())('a fail-over of Redis with live sockets', () => {
  let old: PrivateRedis;
  let promoted: PrivateRedis;
  let address: TcpProxy;
  const cleanUps: (() => Promise<unknown>)[] = [];

  beforeEach(async () => {
    old = await startServer();
    promoted = await startServer();
    address = await startTcpProxy({ target: old.port });
    cleanUps.push(
      () => old.stop(),
      () => promoted.stop(),
      () => address.stop(),
    );
    await promoted.command('REPLICAOF', '127.0.0.1', String(old.port));
    await until(async () => (await promoted.command('INFO', 'replication')).includes('master_link_status:up'));
  });
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });

  /** Simulates Sentinel or a managed service: promotes the replica, moves the address, demotes the old primary. */
  async function failOver(): Promise<void> {
    await promoted.command('REPLICAOF', 'NO', 'ONE');
    address.redirect(promoted.port);
    await old.command('REPLICAOF', '127.0.0.1', String(promoted.port));
  }

  function open() {
    const backend = openBackend(redisStore({ REDIS_URL: `redis://127.0.0.1:${address.port}` }));
    const producer = createProducer({ backend, log: silentLogger() });
    const admin = createQueueAdmin({ backend });
    cleanUps.push(async () => {
      await producer.close();
      await admin.close();
      await backend.close();
    });
    return { backend, producer, admin };
  }

  it('reconnects producers within ten seconds, and every job reaches the new primary', async () => {
    const { producer, admin } = open();
    const add = (job: StepJob) => producer.add('draft.batch', [{ job, priority: 1 }]);
    expect((await add(aJob())).added).toHaveLength(1);
    await failOver();
    const jobs = Array.from({ length: 75 }, aJob);
    await until(async () => (await Promise.all(jobs.map(add))).every(({ failed }) => failed.length === 0), {
      timeoutMs: RECONNECT_MS,
    });
    // Jobs added before may not have been replicated.
    expect((await admin.counts(['draft.batch']))[0]?.waiting).toBeGreaterThanOrEqual(75);
    expect(await promoted.command('INFO', 'replication')).toContain('role:master');
  });

  it('reconnects waiting consumers, and completes the running jobs', async () => {
    const { backend, producer, admin } = open();
    const seen: string[] = [];
    let finish: (() => void) | undefined;
    const consumer = createConsumer({
      backend,
      queues: QUEUES,
      concurrency: 4,
      log: silentLogger(),
      handler: async (job) => {
        seen.push(job.stepId);
        if (seen.length === 1) await new Promise<void>((resolve) => (finish = resolve));
      },
    });
    cleanUps.push(() => consumer.close());
    await producer.add('draft.interactive', [{ job: aJob(), priority: 1 }]);
    await until(() => finish !== undefined);
    await failOver();
    finish?.();
    for (const queue of QUEUES) {
      const job = aJob();
      await until(async () => (await producer.add(queue, [{ job, priority: 1 }])).added.length === 1, {
        timeoutMs: RECONNECT_MS,
      });
      await until(() => seen.includes(job.stepId), { timeoutMs: RECONNECT_MS });
    }
    await until(async () => (await admin.counts(QUEUES)).every(({ active, waiting }) => active + waiting === 0), {
      timeoutMs: RECONNECT_MS,
    });
    expect(consumer.isConsuming()).toBe(true);
  });

  it('keeps reconnecting while the address still leads to the demoted server', async () => {
    const { producer } = open();
    const job = aJob();
    const isAdded = async () => (await producer.add('draft.batch', [{ job, priority: 1 }])).added.length === 1;
    expect(await isAdded()).toBe(true);
    await promoted.command('REPLICAOF', 'NO', 'ONE');
    await old.command('REPLICAOF', '127.0.0.1', String(promoted.port));
    expect(await isAdded()).toBe(false);
    address.redirect(promoted.port);
    await until(isAdded, { timeoutMs: RECONNECT_MS });
  });

  it('reconnects when the old primary only lacks replicas for writes', async () => {
    const { producer } = open();
    const isAdded = async () => (await producer.add('draft.batch', [{ job: aJob(), priority: 1 }])).added.length === 1;
    expect(await isAdded()).toBe(true);
    await promoted.command('REPLICAOF', 'NO', 'ONE');
    await old.command('CONFIG', 'SET', 'min-replicas-to-write', '3');
    address.redirect(promoted.port);
    await until(isAdded, { timeoutMs: RECONNECT_MS });
  });
});
