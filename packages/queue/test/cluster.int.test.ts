import { newId, silentLogger } from '@pressroom/runtime';
import { hasTestRedis, until } from '@pressroom/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import {
  createConsumer,
  createProducer,
  createQueueAdmin,
  createQueueBackend,
  type RedisVariables,
} from '../src/index.ts';
import { openBackend, redisStore } from './stores.ts';
import { type Certificates, createCertificates } from './support/certificates.ts';
import { type ClusterUnderTest, startCluster } from './support/start-cluster.ts';

const QUEUES = ['draft.interactive', 'refine.batch'] as const;
const PASSWORD = 'p@ss,word/1';
/** Minimal permissions of an account, as documented in docs/redis.md. */
const RULES = '~{pressroom}:* +@read +@write +@blocking +@scripting +@connection +@transaction +info +cluster';

const jobs = (count: number) =>
  Array.from({ length: count }, () => ({ job: { taskId: newId(), stepId: newId(), attempt: 1 }, priority: 5 }));

describe.skipIf(!hasTestRedis())('a Redis cluster', () => {
  const cleanUps: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });

  function open(variables: RedisVariables) {
    const backend = openBackend(redisStore(variables));
    const producer = createProducer({ backend, log: silentLogger(), timeoutMs: 5_000 });
    const admin = createQueueAdmin({ backend });
    const seen: string[] = [];
    const consume = () => {
      const consumer = createConsumer({
        backend,
        queues: QUEUES,
        concurrency: 2,
        log: silentLogger(),
        handler: (job) => Promise.resolve(seen.push(job.stepId)),
      });
      cleanUps.push(() => consumer.close());
    };
    cleanUps.push(async () => {
      await producer.close();
      await admin.close();
      await backend.close();
    });
    return { backend, producer, admin, seen, consume };
  }

  /** Adds jobs to two queues and waits until all are completed. */
  async function deliverJobs({ producer, admin, seen, consume }: ReturnType<typeof open>): Promise<void> {
    consume();
    const before = seen.length;
    for (const queue of QUEUES) expect((await producer.add(queue, jobs(10))).failed).toEqual([]);
    await until(() => seen.length === before + 20, { timeoutMs: 10_000 });
    await until(async () => (await admin.counts(QUEUES)).every(({ active }) => active === 0));
  }

  describe('without access control', () => {
    let cluster: ClusterUnderTest;
    beforeAll(async () => {
      cluster = await startCluster();
    }, 60_000);
    afterAll(() => cluster.stop());

    it('delivers jobs like a single server', async () => {
      const opened = open({ REDIS_CLUSTER_NODES: cluster.nodes.map(({ port }) => `127.0.0.1:${port}`).join(',') });
      await opened.backend.prepare();
      await deliverJobs(opened);
    });
  });

  describe('with TLS, client certificates, an ACL user and its password', () => {
    let certificates: Certificates;
    let cluster: ClusterUnderTest;
    let variables: RedisVariables;

    beforeAll(async () => {
      certificates = createCertificates();
      const replica = ['--user', 'replica', 'on', `>${PASSWORD}`, '+psync', '+replconf', '+ping'];
      const app = ['--user', 'app', 'on', `>${PASSWORD}`, ...RULES.split(' ')];
      const args = ['--masteruser', 'replica', '--masterauth', PASSWORD, ...replica, ...app];
      cluster = await startCluster({ certificates, replicas: true, args });
      const access = `rediss://app:${encodeURIComponent(PASSWORD)}`;
      const [first, ...others] = cluster.nodes.slice(0, 3).map(({ port }) => `127.0.0.1:${port}`);
      variables = {
        // One node has the credentials, the others only their address.
        REDIS_CLUSTER_NODES: [`${access}@${first ?? ''}`, ...others].join(','),
        REDIS_TLS_CA_FILE: certificates.ca,
        REDIS_TLS_CERT_FILE: certificates.cert,
        REDIS_TLS_KEY_FILE: certificates.key,
      };
    }, 60_000);
    afterAll(async () => {
      await cluster.stop();
      certificates.remove();
    });

    it('delivers jobs with the documented minimal permissions', async () => {
      const { primary } = await cluster.ownerOf('{pressroom}');
      // From here on, clients need a password.
      for (const { server } of cluster.nodes)
        await server.command('ACL', 'SETUSER', 'default', 'resetkeys', 'nocommands', '+cluster', '+info', '+acl');
      const opened = open(variables);
      await opened.backend.prepare();
      await deliverJobs(opened);
      expect(await primary.server.command('ACL', 'LOG')).toBe('*0\r\n');
    });

    it('continues after the primary of its slot was killed and a replica took over', async () => {
      const opened = open(variables);
      await deliverJobs(opened);
      const { primary, replica } = await cluster.ownerOf('{pressroom}');
      await primary.server.stop();
      const { producer, seen } = opened;
      const [dispatch] = jobs(1);
      await until(async () => dispatch && (await producer.add('refine.batch', [dispatch])).added.length === 1, {
        timeoutMs: 20_000,
      });
      await until(() => seen.includes(dispatch?.job.stepId ?? ''), { timeoutMs: 10_000 });
      expect(await replica?.server.command('CLUSTER', 'INFO')).toContain('cluster_state:ok');
    }, 60_000);

    it.each<[string, () => RedisVariables]>([
      [
        'a wrong password',
        () => ({ ...variables, REDIS_CLUSTER_NODES: variables.REDIS_CLUSTER_NODES?.replace('p%40ss', 'canary') }),
      ],
      ['an unknown authority', () => ({ ...variables, REDIS_TLS_CA_FILE: undefined })],
      ['no certificate', () => ({ ...variables, REDIS_TLS_CERT_FILE: undefined, REDIS_TLS_KEY_FILE: undefined })],
    ])('rejects clients with %s', async (_, withFault) => {
      const { backend } = open(withFault());
      await expect(backend.prepare()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    });
  });

  it('requires a hash tag in the prefix', () => {
    const store = redisStore({ REDIS_CLUSTER_NODES: '127.0.0.1:1' });
    expect(() => createQueueBackend({ ...store, prefix: 'plain', log: silentLogger() })).toThrow('hash tag');
  });
});
