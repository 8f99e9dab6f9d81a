import { join } from 'node:path';

import { applyMigrations } from '@pressroom/db';
import { silentLogger } from '@pressroom/runtime';

import type { Contender } from './contender.ts';

const here = import.meta.dirname;
const peer = (...path: string[]): string => join(here, '..', 'peers', ...path);

/** Concurrent steps in every peer that has a setting. */
const CONCURRENCY = 32;
/** Slots of Pressroom's worker. Restate runs 1,000 invocations concurrently by default. */
const OUR_SLOTS = 128;

const OUR_PROCESSES = {
  processes: [
    { role: 'coordinator', program: join(here, 'coordinator.ts') },
    { role: 'worker', program: join(here, 'worker.ts') },
  ],
  client: join(here, 'pressroom-client.ts'),
  clientCounts: false,
  stopWorkerForAcceptance: true,
  migrate: (databaseUrl) => applyMigrations({ databaseUrl, log: silentLogger() }),
} satisfies Partial<Contender>;

const OUR_FAIRNESS = {
  submission: 'REST, JSON, API key, Idempotency-Key, over 64 keep-alive connections',
  completion: 'the task row, polled by SQL every 10 ms (burst) or every 1 ms and finally without pause (lone task)',
};

const pressroom: Contender = {
  ...OUR_PROCESSES,
  name: 'pressroom',
  label: 'Pressroom on Redis',
  stores: { postgres: true, redis: true },
  env: { BENCH_SLOTS: String(OUR_SLOTS) },
  settings: { slots: OUR_SLOTS, redis: 'AOF everysec', postgres: 'fsync on' },
  fairness: {
    ...OUR_FAIRNESS,
    durability: 'no loss: task, plan and every result are committed in PostgreSQL',
    counted: 'coordinator, worker, PostgreSQL, Redis',
  },
};

/** As many slots as most peers: shows the effect of more slots. */
const pressroomNarrow: Contender = {
  ...pressroom,
  name: 'pressroom-32',
  label: 'Pressroom on Redis, 32 slots',
  env: { BENCH_SLOTS: String(CONCURRENCY) },
  settings: { ...pressroom.settings, slots: CONCURRENCY },
};

const pressroomPostgres: Contender = {
  ...OUR_PROCESSES,
  name: 'pressroom-postgres',
  label: 'Pressroom on PostgreSQL alone',
  stores: { postgres: true, redis: false },
  env: { BENCH_SLOTS: String(OUR_SLOTS) },
  settings: { slots: OUR_SLOTS, postgres: 'fsync on' },
  fairness: { ...pressroom.fairness, counted: 'coordinator, worker, PostgreSQL' },
};

const bullmqFlows: Contender = {
  name: 'bullmq-flows',
  label: 'BullMQ flows, raw',
  stores: { postgres: false, redis: true },
  processes: [{ role: 'worker', program: peer('bullmq-flows', 'worker.mjs') }],
  client: peer('bullmq-flows', 'client.mjs'),
  clientCounts: false,
  stopWorkerForAcceptance: true,
  settings: { concurrency: CONCURRENCY, redis: 'AOF everysec', retention: 'default, keeps all' },
  fairness: {
    durability: 'results live in Redis only: a crash may lose the last second of tasks and results',
    submission: 'FlowProducer in the load generator, Redis protocol',
    completion: 'job.waitUntilFinished with QueueEvents',
    counted: 'worker, Redis',
  },
};

const floor: Contender = {
  name: 'floor',
  label: 'BullMQ + one transaction a step',
  stores: { postgres: true, redis: true },
  processes: [{ role: 'worker', program: peer('floor', 'worker.mjs') }],
  client: peer('floor', 'client.mjs'),
  clientCounts: false,
  stopWorkerForAcceptance: true,
  settings: {
    concurrency: CONCURRENCY,
    redis: 'AOF everysec',
    postgres: 'fsync on',
    pgPool: 10,
    transaction: 'one statement',
  },
  fairness: {
    durability:
      'results are committed; a job lost by Redis is not recovered (no sweeps, leases, retries, events, tenants)',
    submission: 'SQL and Queue.add in the load generator',
    completion: 'Redis PUBLISH after the last commit, then SELECT of the result',
    counted: 'worker, PostgreSQL, Redis',
  },
};

const dbos: Contender = {
  name: 'dbos',
  label: 'DBOS, direct start',
  stores: { postgres: true, redis: false },
  processes: [],
  client: peer('dbos', 'client.mjs'),
  clientCounts: true,
  stopWorkerForAcceptance: false,
  settings: { inFlight: CONCURRENCY, systemDatabasePoolSize: 10, postgres: 'fsync on' },
  fairness: {
    durability: 'no loss: workflow and every step are committed in PostgreSQL',
    submission: 'DBOS.startWorkflow in the process that runs the workflow (its queues poll and are slower)',
    completion: 'the live handle',
    counted: 'application with the loop that submits, PostgreSQL',
  },
};

const restate: Contender = {
  name: 'restate',
  label: 'Restate, its own client',
  stores: { postgres: false, redis: false },
  processes: [{ role: 'server and service', program: peer('restate', 'worker.mjs') }],
  client: peer('restate', 'client.mjs'),
  clientCounts: false,
  stopWorkerForAcceptance: false,
  settings: { server: 'defaults: 24 partitions, WAL fsync on', telemetry: 'off' },
  fairness: {
    durability: 'no loss: invocation and every step are in its log, synced to disk',
    submission: 'restate-sdk-clients: REST with an idempotency key; without a worker: a send delayed by an hour',
    completion: 'attach to the invocation',
    counted: 'restate-server, service endpoint',
  },
};

const restateHttp: Contender = {
  ...restate,
  name: 'restate-http',
  label: 'Restate, plain HTTP',
  client: peer('restate', 'http-client.mjs'),
  fairness: {
    ...restate.fairness,
    submission: 'the same over 64 keep-alive connections of the HTTP client that drives us',
  },
};

const graphileWorker: Contender = {
  name: 'graphile-worker',
  label: 'graphile-worker',
  stores: { postgres: true, redis: false },
  processes: [{ role: 'worker', program: peer('graphile-worker', 'worker.mjs') }],
  client: peer('graphile-worker', 'client.mjs'),
  clientCounts: false,
  stopWorkerForAcceptance: true,
  settings: { concurrency: CONCURRENCY, postgres: 'fsync on', localQueueSize: 64, completeJobBatchDelay: 0 },
  fairness: {
    durability: 'no loss: job and result are one transaction in PostgreSQL',
    submission: 'one transaction with add_job in the load generator',
    completion: 'LISTEN, then SELECT of the result',
    counted: 'worker, PostgreSQL',
  },
};

export const OURS_REDIS = pressroom;
export const OURS_POSTGRES = pressroomPostgres;
export const OURS: readonly Contender[] = [pressroom, pressroomNarrow, pressroomPostgres];
export const PEERS: readonly Contender[] = [restate, restateHttp, dbos, floor, bullmqFlows, graphileWorker];
