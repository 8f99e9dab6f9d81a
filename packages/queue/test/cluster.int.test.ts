import { findFreePort, newId, silentLogger } from '@pressroom/runtime';
import { hasTestRedis, type PrivateRedis, startPrivateRedis, until } from '@pressroom/testkit';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createConsumer, createProducer, createQueueAdmin, createQueueBackend } from '../src/index.ts';

const MASTERS = 3;
const SLOTS = 16_384;

describe.skipIf(!hasTestRedis())('a Redis cluster', () => {
  const nodes: PrivateRedis[] = [];
  beforeAll(async () => {
    for (let index = 0; index < MASTERS; index += 1) {
      const busPort = await findFreePort();
      const node = await startPrivateRedis({ args: ['--cluster-enabled', 'yes', '--cluster-port', String(busPort)] });
      if (node === undefined) throw new Error('redis-server is not installed');
      nodes.push(node);
      const client = new Redis(node.url);
      const from = Math.ceil((SLOTS / MASTERS) * index);
      await client.cluster('ADDSLOTSRANGE', from, Math.ceil((SLOTS / MASTERS) * (index + 1)) - 1);
      const first = nodes[0];
      if (first !== undefined && index > 0) {
        const greeter = new Redis(first.url);
        await greeter.call('CLUSTER', 'MEET', '127.0.0.1', String(node.port), String(busPort));
        greeter.disconnect();
      }
      client.disconnect();
    }
    await until(
      async () => {
        const states = await Promise.all(
          nodes.map(async ({ url }) => {
            const client = new Redis(url);
            const info = await client.cluster('INFO');
            client.disconnect();
            return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${MASTERS}`);
          }),
        );
        return states.every(Boolean);
      },
      { timeoutMs: 20_000, everyMs: 100 },
    );
  });
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
  });

  it('carries jobs like a single server', async () => {
    const backend = createQueueBackend({
      kind: 'redis',
      clusterNodes: nodes.map(({ port }) => `127.0.0.1:${port}`),
      log: silentLogger(),
    });
    await backend.prepare();
    const producer = createProducer({ backend, log: silentLogger(), timeoutMs: 5_000 });
    const admin = createQueueAdmin({ backend });
    const seen: string[] = [];
    const consumer = createConsumer({
      backend,
      queues: ['draft.interactive', 'refine.batch'],
      concurrency: 2,
      log: silentLogger(),
      handler: (job) => Promise.resolve(seen.push(job.stepId)),
    });
    const jobs = Array.from({ length: 10 }, () => ({
      job: { taskId: newId(), stepId: newId(), attempt: 1 },
      priority: 5,
    }));
    expect((await producer.add('draft.interactive', jobs)).failed).toEqual([]);
    expect((await producer.add('refine.batch', jobs)).failed).toEqual([]);
    await until(() => seen.length === 20, { timeoutMs: 10_000 });
    await until(async () => (await admin.counts(['draft.interactive']))[0]?.active === 0);
    await consumer.close();
    await producer.close();
    await admin.close();
    await backend.close();
  });

  it('needs a hash tag in the prefix', () => {
    expect(() =>
      createQueueBackend({ kind: 'redis', clusterNodes: ['127.0.0.1:1'], prefix: 'plain', log: silentLogger() }),
    ).toThrow('hash tag');
  });
});
