import type { QueueName } from '@pressroom/contracts';
import { bounded, errorMessage, type Logger } from '@pressroom/runtime';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';

import { QueueStoreUnavailableError, StoreUnsuitableError } from '../store-errors.ts';
import { MAX_STALLED_COUNT, SMALL_EVENT_STREAM } from './bull-settings.ts';
import type { QueueBackend } from './queue-backend.ts';
import type { RedisAddress } from './redis-address.ts';
import { type ConnectionProfile, createRedisClient, type RedisClient } from './redis-client.redis.ts';
import { findRedisProblems } from './redis-suitability.ts';

/** Hash tag, so that all keys of a queue are in one slot of a cluster. */
const DEFAULT_PREFIX = '{pressroom}';
const PREPARE_TIMEOUT_MS = 5_000;
/** BullMQ's limit for blocking on Redis. */
const IDLE_WAIT_MS = 10_000;

/** Queue backend on Redis, a single server or a cluster. */
export function createRedisQueueBackend(config: { address: RedisAddress; prefix?: string; log: Logger }): QueueBackend {
  const { prefix = DEFAULT_PREFIX, log } = config;
  if (config.address.kind === 'cluster' && !/\{[^{}]+\}/.test(prefix)) {
    throw new TypeError('on a Redis cluster the prefix needs a hash tag, e.g. {pressroom}');
  }
  const clients = new Map<ConnectionProfile, RedisClient>();
  let lastError: string | undefined;
  const connect = (profile: ConnectionProfile): RedisClient => {
    const known = clients.get(profile);
    if (known !== undefined) return known;
    const client = createRedisClient(config.address, profile, log);
    client.on('error', (error: Error & { lastNodeError?: Error }) => {
      lastError = errorMessage(error.lastNodeError ?? error);
    });
    clients.set(profile, client);
    return client;
  };

  return {
    kind: 'redis',
    idleWaitMs: IDLE_WAIT_MS,
    prepare: async () => {
      const infos = await bounded(readInfo(connect('consume')), PREPARE_TIMEOUT_MS, () => new Error('timed out')).catch(
        (cause: unknown) => {
          const reason = lastError === undefined ? '' : `; the last error was: ${lastError}`;
          throw new QueueStoreUnavailableError(`Redis does not answer within ${PREPARE_TIMEOUT_MS} ms${reason}`, {
            cause,
          });
        },
      );
      const problems = new Set(infos.flatMap(findRedisProblems));
      if (problems.size > 0)
        throw new StoreUnsuitableError(`this Redis cannot hold queues: ${[...problems].join('; ')}`);
    },
    openQueue: (name) => {
      const queue = new Queue(name, {
        connection: connect('produce'),
        prefix,
        // Querying the version would fail permanently while there is no connection.
        skipVersionCheck: true,
        streams: SMALL_EVENT_STREAM,
      });
      queue.on('error', () => undefined); // reported by the connection
      return queue;
    },
    openWorker: (name, timing) => {
      const worker = new Worker(name, null, {
        connection: connect('consume'),
        prefix,
        autorun: false,
        lockDuration: timing.lockDurationMs,
        stalledInterval: timing.stalledIntervalMs,
        maxStalledCount: MAX_STALLED_COUNT,
      });
      worker.on('error', () => undefined);
      return worker;
    },
    canSend: (withinMs) => isReady(connect('produce'), withinMs),
    returnSignal: async (worker) => {
      await connect('consume').zadd(worker.keys['marker'] ?? '', 0, '0');
    },
    withActiveJobs: (queues: readonly QueueName[]) => Promise.resolve(queues),
    pausedAmong: async (queues) => {
      const client = connect('produce');
      const flags = await Promise.all(queues.map((name) => client.hexists(`${prefix}:${name}:meta`, 'paused')));
      return queues.filter((_, index) => flags[index] === 1);
    },
    noteError: () => undefined,
    reconnectConsumers: () => {
      clients.get('consume')?.disconnect(true);
    },
    ping: async (timeoutMs) => {
      const client = connect('produce');
      const unavailable = () => new QueueStoreUnavailableError('Redis does not answer');
      if (!(await isReady(client, timeoutMs))) throw unavailable();
      await bounded(client.ping(), timeoutMs, unavailable);
    },
    close: () => {
      for (const client of clients.values()) client.disconnect();
      clients.clear();
      return Promise.resolve();
    },
  };
}

/** INFO of the server, or of every primary of the cluster: each stores queues. */
async function readInfo(client: RedisClient): Promise<string[]> {
  if (client instanceof Redis) return [await client.info()];
  await client.ping();
  return Promise.all(client.nodes('master').map((node) => node.info()));
}

const ON_THE_WAY = new Set(['wait', 'connecting', 'connect']);

/** Waits for a first connection; returns immediately when an established one broke. */
async function isReady(client: RedisClient, withinMs: number): Promise<boolean> {
  if (client.status === 'ready') return true;
  if (!ON_THE_WAY.has(client.status)) return false;
  let onReady: (() => void) | undefined;
  let onFailed: (() => void) | undefined;
  const settled = new Promise<boolean>((resolve) => {
    onReady = () => {
      resolve(true);
    };
    onFailed = () => {
      resolve(false);
    };
    client.once('ready', onReady);
    client.once('close', onFailed);
  });
  try {
    return await bounded(settled, withinMs, () => new Error('timed out')).catch(() => false);
  } finally {
    if (onReady) client.off('ready', onReady);
    if (onFailed) client.off('close', onFailed);
  }
}
