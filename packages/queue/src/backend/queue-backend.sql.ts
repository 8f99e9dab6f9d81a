import type { QueueName } from '@pressroom/contracts';
import { bounded, type Logger } from '@pressroom/runtime';
import { type BackendFactory, PostgresQueueBackend, UnsupportedPostgresVersionError, withBackend } from 'bullmq';

import { QueueStoreUnavailableError, StoreUnsuitableError } from '../store-errors.ts';
import { MAX_STALLED_COUNT, SMALL_EVENT_STREAM } from './bull-settings.ts';
import { createSharedPostgres, type SharedPostgres } from './postgres-connection.sql.ts';
import type { QueueBackend } from './queue-backend.ts';

const DEFAULT_SCHEMA = 'bullmq';
const DEFAULT_POOL_SIZE = 4;
const PREPARE_TIMEOUT_MS = 10_000;
/** Notifications wake consumers immediately; this bounds the delay after a lost one. */
const IDLE_WAIT_MS = 30_000;

/** Queue backend on PostgreSQL, in a separate schema of the database. */
export function createPostgresQueueBackend(config: {
  databaseUrl: string;
  poolSize?: number;
  schema?: string;
  log: Logger;
}): QueueBackend {
  const { log, databaseUrl, poolSize = DEFAULT_POOL_SIZE, schema = DEFAULT_SCHEMA } = config;
  const shared = createSharedPostgres({ databaseUrl, poolSize, schema, log });
  const borrowing: BackendFactory<PostgresQueueBackend, SharedPostgres> = (name, options) =>
    new PostgresQueueBackend(shared.borrow(), name, options as never);
  const { Queue, Worker } = withBackend(borrowing);

  return {
    kind: 'postgres',
    idleWaitMs: IDLE_WAIT_MS,
    prepare: async () => {
      await bounded(shared.ready(), PREPARE_TIMEOUT_MS, () => new Error('timed out')).catch((cause: unknown) => {
        if (cause instanceof UnsupportedPostgresVersionError) {
          throw new StoreUnsuitableError(`this PostgreSQL cannot hold queues: ${cause.message}`, { cause });
        }
        throw new QueueStoreUnavailableError('PostgreSQL does not answer, or its queue schema cannot be created', {
          cause,
        });
      });
    },
    openQueue: (name) => {
      const queue = new Queue(name, { connection: shared, streams: SMALL_EVENT_STREAM });
      queue.on('error', () => undefined); // reported by the pool
      return queue;
    },
    openWorker: (name, timing) => {
      const worker = new Worker(name, null, {
        connection: shared,
        autorun: false,
        lockDuration: timing.lockDurationMs,
        stalledInterval: timing.stalledIntervalMs,
        maxStalledCount: MAX_STALLED_COUNT,
      });
      worker.on('error', () => undefined);
      return worker;
    },
    canSend: () => Promise.resolve(true),
    // A notification reaches every listener, so it need not be returned.
    returnSignal: () => Promise.resolve(),
    withActiveJobs: async (queues) => {
      const { rows } = await shared.pool.query<{ queue: QueueName }>(
        `SELECT queue FROM unnest($1::text[]) AS wanted (queue)
          WHERE EXISTS (SELECT 1 FROM job WHERE job.queue = wanted.queue AND job.state = 'active')`,
        [queues],
      );
      return rows.map(({ queue }) => queue);
    },
    pausedAmong: async (queues) => {
      await shared.ready();
      const { rows } = await shared.pool.query<{ queue: QueueName }>(
        `SELECT queue FROM meta WHERE queue = ANY ($1::text[]) AND field = 'paused'`,
        [queues],
      );
      return rows.map(({ queue }) => queue);
    },
    noteError: (error) => {
      shared.noteError(error);
    },
    // pg drops a broken connection itself.
    reconnectConsumers: () => undefined,
    ping: async (timeoutMs) => {
      const unavailable = () => new QueueStoreUnavailableError('PostgreSQL does not answer');
      await bounded(shared.pool.query('SELECT 1'), timeoutMs, unavailable);
    },
    close: () => shared.close(),
  };
}
