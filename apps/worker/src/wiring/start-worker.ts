import { ALL_QUEUES, type QueueName } from '@pressroom/contracts';
import {
  connectDatabase,
  createDispatchStore,
  createSessionStore,
  createStepStore,
  createTaskTransitionStore,
  type Database,
} from '@pressroom/db';
import {
  createDispatcher,
  createStepRunner,
  createTaskTransitions,
  createWorkerSession,
  type Checkpoint,
  type ExecuteAttempt,
  type FindPipeline,
} from '@pressroom/engine';
import { createConsumer, createProducer, createQueueBackend, type QueueBackend } from '@pressroom/queue';
import {
  startHealthServer,
  systemClock as clock,
  systemRandom as random,
  type Logger,
  type Metrics,
  type Secret,
  type Shutdown,
} from '@pressroom/runtime';
import { hostname } from 'node:os';

/** What a worker process needs to know, whatever its agents are. */
export interface WorkerSettings {
  databaseUrl: Secret;
  redisUrl: Secret | undefined;
  redisClusterNodes: readonly string[] | undefined;
  queues: readonly QueueName[];
  /** Attempts at once, over all queues. */
  concurrency: number;
  /** Address of health and metrics; port 0 is off. */
  healthHost: string;
  healthPort: number;
  /** How long running attempts may go on after SIGTERM before they are handed back. */
  drainMs: number;
}

/**
 * Starts a worker: leases, queue consumption, step runner. The agents come in as `createExecute`, so that the process
 * around them can be measured and tested with agents of another kind. Everything it owns ends with `shutdown`.
 */
export async function startWorker(
  settings: WorkerSettings,
  deps: {
    version: string;
    findPipeline: FindPipeline;
    createExecute: (database: Database) => ExecuteAttempt;
    onCheckpoint?: (point: Checkpoint) => void;
    metrics: Metrics;
    shutdown: Shutdown;
    log: Logger;
  },
): Promise<void> {
  const { shutdown, log, findPipeline } = deps;
  const database = connectDatabase({
    url: settings.databaseUrl.reveal(),
    applicationName: 'pressroom-worker',
    maxConnections: 8,
    log,
  });
  shutdown.register('database', () => database.close());
  await database.ping();
  const backend = openQueueBackend(settings, log);
  shutdown.register('queue store', () => backend.close());
  await backend.prepare();
  const producer = createProducer({ backend, log });
  shutdown.register('producer', () => producer.close());

  const transitions = createTaskTransitions({ store: createTaskTransitionStore(database), findPipeline, random, log });
  const dispatcher = createDispatcher({ store: createDispatchStore(database, ALL_QUEUES), jobs: producer, clock, log });
  shutdown.register('dispatcher', () => dispatcher.stop());
  const { queues, concurrency } = settings;
  const session = createWorkerSession({
    store: createSessionStore(database),
    identity: { host: hostname(), pid: process.pid, queues, concurrency, version: deps.version },
    clock,
    log,
  });
  const runner = createStepRunner({
    steps: createStepStore(database),
    session,
    transitions,
    dispatcher,
    jobs: producer,
    findPipeline,
    queues,
    clock,
    log,
    execute: deps.createExecute(database),
    ...(deps.onCheckpoint && { onCheckpoint: deps.onCheckpoint }),
  });
  await session.start();
  shutdown.register('session', () => session.stop());

  const consumer = createConsumer({
    backend,
    queues,
    concurrency,
    handler: async (job, signal) => {
      // This signal means that the drain's deadline has passed: everything that still runs is handed back.
      signal.addEventListener('abort', () => {
        runner.handBack();
      });
      await runner.run(job);
    },
    log,
    clock,
    random,
  });
  shutdown.register('consumer', async () => {
    runner.stopTaking();
    await consumer.drain(settings.drainMs);
    await consumer.close();
  });

  const health = await startHealthServer({
    port: settings.healthPort,
    host: settings.healthHost,
    metrics: deps.metrics,
    live: () => consumer.isConsuming(),
    ready: async () => [
      { name: 'postgres', ok: await succeeds(database.ping()) },
      { name: 'queue', ok: await succeeds(backend.ping(1_000)) },
    ],
  });
  shutdown.register('health server', () => health.close());
  log.info({ queues: queues.length, concurrency }, 'worker.ready');
}

const succeeds = (work: Promise<unknown>): Promise<boolean> =>
  work.then(
    () => true,
    () => false,
  );

function openQueueBackend(settings: WorkerSettings, log: Logger): QueueBackend {
  if (settings.redisClusterNodes) return createQueueBackend({ kind: 'redis', clusterNodes: settings.redisClusterNodes, log });
  if (settings.redisUrl) return createQueueBackend({ kind: 'redis', url: settings.redisUrl.reveal(), log });
  return createQueueBackend({ kind: 'postgres', databaseUrl: settings.databaseUrl.reveal(), log });
}
