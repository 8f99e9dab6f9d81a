import { randomBytes } from 'node:crypto';

import { silentLogger } from '@pressroom/runtime';
import { createTestDatabase, getTestRedis, hasTestRedis, type TestDatabase } from '@pressroom/testkit';
import { Redis } from 'ioredis';
import pg from 'pg';

import {
  createQueueBackend,
  type QueueBackend,
  type QueueStoreConfig,
  readRedisAddress,
  type RedisVariables,
} from '../src/index.ts';

/** A store under test: an empty key space or schema per call of `config`. */
export interface StoreUnderTest {
  kind: 'redis' | 'postgres';
  isAvailable: boolean;
  /** Run before and after all tests of a file. */
  setUp(): Promise<void>;
  tearDown(): Promise<void>;
  config(): QueueStoreConfig;
  /** Deletes all data of the store, like a flush or a new empty server. */
  flush(config: QueueStoreConfig): Promise<void>;
  /** Adds a job with data that no producer writes. */
  addGarbage(backend: QueueBackend, queue: 'draft.batch', data: unknown): Promise<void>;
}

const addGarbage: StoreUnderTest['addGarbage'] = async (backend, queue, data) => {
  const opened = backend.openQueue(queue);
  await opened.add('step', data, { removeOnComplete: true, priority: 1 });
  await opened.close();
};

let database: TestDatabase | undefined;

const postgres: StoreUnderTest = {
  kind: 'postgres',
  isAvailable: true,
  setUp: async () => {
    database = await createTestDatabase();
  },
  tearDown: async () => {
    await database?.drop();
  },
  config: () => ({
    kind: 'postgres',
    databaseUrl: database?.url ?? '',
    schema: `queue_${randomBytes(6).toString('hex')}`,
  }),
  flush: async (config) => {
    if (config.kind !== 'postgres') return;
    const client = new pg.Client({ connectionString: config.databaseUrl });
    await client.connect();
    await client.query(`DROP SCHEMA ${config.schema ?? ''} CASCADE`);
    await client.end();
  },
  addGarbage,
};

const redis: StoreUnderTest = {
  kind: 'redis',
  isAvailable: hasTestRedis(),
  setUp: () => Promise.resolve(),
  tearDown: () => Promise.resolve(),
  config: () => {
    const { address, prefix } = getTestRedis();
    return { kind: 'redis', address, prefix };
  },
  flush: async (config) => {
    if (config.kind !== 'redis') return;
    const client = new Redis(getTestRedis().url);
    // Other test files share the server: delete only this test's keys.
    const keys = await client.keys(`${(config.prefix ?? '').replaceAll(/[{}]/g, '\\$&')}:*`);
    if (keys.length > 0) await client.del(keys);
    await client.script('FLUSH');
    client.disconnect();
  },
  addGarbage,
};

/** A store at this address; `@throws {ConfigError}` when the variables name none. */
export function redisStore(variables: RedisVariables): QueueStoreConfig & { kind: 'redis' } {
  const address = readRedisAddress(variables);
  if (address === undefined) throw new TypeError('no address of Redis');
  return { kind: 'redis', address };
}

export const STORES: readonly StoreUnderTest[] = [redis, postgres];

export const openBackend = (config: QueueStoreConfig): QueueBackend =>
  createQueueBackend({ ...config, log: silentLogger() });
