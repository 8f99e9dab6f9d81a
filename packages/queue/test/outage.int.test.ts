import { ALL_QUEUES, type StepJob } from '@pressroom/contracts';
import { newId, silentLogger } from '@pressroom/runtime';
import {
  createTestDatabase,
  hasTestRedis,
  type PrivateRedis,
  startPrivateRedis,
  type TestDatabase,
  until,
} from '@pressroom/testkit';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import {
  createConsumer,
  createProducer,
  createQueueAdmin,
  type ConsumerOptions,
  type QueueBackend,
} from '../src/index.ts';
import { openBackend, redisStore } from './stores.ts';

const QUEUE = 'draft.interactive';
const LOCKS = { lockDurationMs: 1_000, stalledIntervalMs: 250 };
const aJob = (): StepJob => ({ taskId: newId(), stepId: newId(), attempt: 1 });

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function startRedis(options: Parameters<typeof startPrivateRedis>[0] = {}): Promise<PrivateRedis> {
  const server = await startPrivateRedis(options);
  if (server === undefined) throw new Error('redis-server is not installed');
  cleanUps.push(() => server.stop());
  return server;
}

function open(config: Parameters<typeof openBackend>[0]) {
  const backend = openBackend(config);
  const producer = createProducer({ backend, log: silentLogger() });
  const add = (jobs: StepJob[]) =>
    producer.add(
      QUEUE,
      jobs.map((job) => ({ job, priority: 1 })),
    );
  cleanUps.push(async () => {
    await producer.close();
    await backend.close();
  });
  return { backend, add };
}

function collect(backend: QueueBackend, options: Partial<ConsumerOptions> = {}): string[] {
  const seen: string[] = [];
  const consumer = createConsumer({
    backend,
    queues: [QUEUE],
    concurrency: 2,
    locks: LOCKS,
    log: silentLogger(),
    ...options,
    handler: (job) => Promise.resolve(seen.push(job.stepId)),
  });
  cleanUps.push(() => consumer.close());
  return seen;
}

async function elapsedMs(work: () => Promise<unknown>): Promise<number> {
  const startedAtMs = performance.now();
  await work();
  return performance.now() - startedAtMs;
}

describe.skipIf(!hasTestRedis())('Redis', () => {
  it('that is unreachable from the start: adding fails within two seconds', async () => {
    const server = await startRedis();
    await server.stop();
    const { add } = open(redisStore({ REDIS_URL: server.url }));
    const job = aJob();
    let outcome: unknown;
    expect(
      await elapsedMs(async () => {
        outcome = await add([job]);
      }),
    ).toBeLessThan(2_000);
    expect(outcome).toEqual({ added: [], failed: [job] });
  });

  it('that is unreachable from the start: preparing and queries fail in time and report that it does not answer', async () => {
    const server = await startRedis();
    await server.stop();
    const { backend } = open(redisStore({ REDIS_URL: server.url }));
    const admin = createQueueAdmin({ backend, timeoutMs: 300 });
    await expect(admin.ping()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(admin.counts([QUEUE])).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(backend.prepare()).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true });
  });

  it('that crashes: adding fails immediately until it is back', async () => {
    const server = await startRedis();
    const { add } = open(redisStore({ REDIS_URL: server.url }));
    expect((await add([aJob()])).added).toHaveLength(1);
    await server.stop();
    expect(await elapsedMs(() => add([aJob()]))).toBeLessThan(2_000);
    expect((await add([aJob()])).failed).toHaveLength(1);
    await startRedis({ port: server.port });
    await until(async () => (await add([aJob()])).added.length === 1, { timeoutMs: 10_000 });
  });

  it('that hangs: adding times out after a second, then fails immediately', async () => {
    const server = await startRedis();
    const { add } = open(redisStore({ REDIS_URL: server.url }));
    await add([aJob()]);
    server.pause();
    expect(await elapsedMs(() => add([aJob()]))).toBeLessThan(2_000);
    expect(await elapsedMs(() => add([aJob()]))).toBeLessThan(100);
    server.resume();
    await until(async () => (await add([aJob()])).added.length === 1, { timeoutMs: 10_000 });
  });

  it('that is restarted empty: the consumer claims newly added jobs', async () => {
    const server = await startRedis();
    const { backend, add } = open(redisStore({ REDIS_URL: server.url }));
    const seen = collect(backend);
    await add([aJob()]);
    await until(() => seen.length === 1);
    await server.stop();
    await startRedis({ port: server.port });
    await until(async () => (await add([aJob()])).added.length === 1, { timeoutMs: 10_000 });
    await until(() => seen.length === 2, { timeoutMs: 10_000 });
  });

  it.each(['allkeys-lru', 'volatile-ttl'])('that evicts by %s is rejected with the fix', async (policy) => {
    const server = await startRedis({ args: ['--maxmemory-policy', policy] });
    const { backend } = open(redisStore({ REDIS_URL: server.url }));
    await expect(backend.prepare()).rejects.toMatchObject({
      code: 'STORE_UNSUITABLE',
      message: expect.stringMatching(new RegExp(`${policy}.*set "maxmemory-policy noeviction"`)) as string,
    });
  });
});

describe('PostgreSQL', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  it('that drops every connection: adding and claiming continue', async () => {
    const { backend, add } = open({ kind: 'postgres', databaseUrl: database.url });
    await backend.prepare();
    const seen = collect(backend);
    await add([aJob()]);
    await until(() => seen.length === 1);
    await query(database.url, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${OURS}`);
    await until(async () => (await add([aJob()])).added.length === 1);
    await until(() => seen.length === 2, { timeoutMs: 10_000 });
  });

  it('that is unreachable: adding fails within two seconds', async () => {
    const { add } = open({ kind: 'postgres', databaseUrl: 'postgres://127.0.0.1:1/none' });
    expect(await elapsedMs(() => add([aJob()]))).toBeLessThan(2_000);
    expect((await add([aJob()])).failed).toHaveLength(1);
  });

  it('has one connection for notifications and a few for statements, for any number of queues', async () => {
    const { backend, add } = open({ kind: 'postgres', databaseUrl: database.url, poolSize: 4 });
    await backend.prepare();
    const seen = collect(backend, { queues: ALL_QUEUES, concurrency: 20 });
    await add(Array.from({ length: 200 }, aJob));
    await until(() => seen.length === 200, { timeoutMs: 10_000 });
    const [row] = await query<{ count: string }>(database.url, `SELECT count(*) FROM pg_stat_activity WHERE ${OURS}`);
    expect(Number(row?.count)).toBeLessThanOrEqual(5);
  });
});

const OURS = `datname = current_database() AND application_name = 'pressroom-queue'`;

async function query<Row extends pg.QueryResultRow>(databaseUrl: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}
