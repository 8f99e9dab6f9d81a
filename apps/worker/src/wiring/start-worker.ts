import { ALL_QUEUES, type QueueName } from '@pressroom/contracts';
import {
  connectDatabase,
  createDeadLetterStore,
  createDispatchStore,
  createFleetStore,
  createSessionStore,
  createStepStore,
  createTaskTransitionStore,
  startHeartbeat,
  verifyPooling,
  verifySchema,
  type Database,
} from '@pressroom/db';
import {
  createDispatcher,
  createRateMeter,
  createStepRunner,
  createTaskTransitions,
  createWorkerSession,
  describeUnreadableJob,
  startConsumerWatchdog,
  type Checkpoint,
  type ExecuteAttempt,
  type FindPipeline,
  type StepRunner,
  type WorkerSession,
} from '@pressroom/engine';
import {
  createConsumer,
  createProducer,
  createQueueBackend,
  type MalformedJob,
  type QueueBackend,
  type RedisAddress,
} from '@pressroom/queue';
import {
  ConfigError,
  errorMessage,
  startHealthServer,
  systemClock as clock,
  systemRandom as random,
  type Logger,
  type Metrics,
  type Secret,
  type Shutdown,
} from '@pressroom/runtime';
import { hostname } from 'node:os';

/** Settings of a worker process, independent of its agents. */
export interface WorkerSettings {
  databaseUrl: Secret;
  /** Absent: queues are stored in PostgreSQL. */
  redis: RedisAddress | undefined;
  queues: readonly QueueName[];
  /** Concurrent attempts, over all queues. */
  concurrency: number;
  /** Address of health and metrics; port 0 disables them. */
  healthHost: string;
  healthPort: number;
  /** Time for running attempts after SIGTERM before they are handed back. */
  drainMs: number;
}

/**
 * Starts a worker: leases, queue consumption, step runner. `createExecute` provides the agents, so that the process can be
 * measured and tested with other ones. `shutdown` closes everything.
 *
 * @returns how to hand back running attempts before a shutdown caused by an uncaught error
 */
export async function startWorker(
  settings: WorkerSettings,
  deps: {
    version: string;
    findPipeline: FindPipeline;
    createExecute: (database: Database, session: WorkerSession) => ExecuteAttempt;
    onCheckpoint?: (point: Checkpoint) => void;
    /** Default: the one in the settings. */
    openBackend?: () => QueueBackend;
    /** How long the main thread may be blocked before the process is ended; default 30 s. */
    maxStallMs?: number;
    watchdog?: Pick<Parameters<typeof startConsumerWatchdog>[0], 'limits' | 'checkMs'>;
    metrics: Metrics;
    shutdown: Shutdown;
    log: Logger;
  },
): Promise<Pick<StepRunner, 'handBackAfterCrash'>> {
  const { shutdown, log, findPipeline } = deps;
  const database = connectDatabase({
    url: settings.databaseUrl.reveal(),
    applicationName: 'pressroom-worker',
    maxConnections: 8,
    log,
  });
  shutdown.register('database', () => database.close());
  await verifyPooling(settings.databaseUrl.reveal());
  await verifySchema(database);
  const backend = deps.openBackend?.() ?? openQueueBackend(settings, log);
  shutdown.register('queue store', () => backend.close());
  await backend.prepare();
  const producer = createProducer({ backend, log });
  shutdown.register('producer', () => producer.close());

  const transitions = createTaskTransitions({ store: createTaskTransitionStore(database), findPipeline, random, log });
  const dispatcher = createDispatcher({ store: createDispatchStore(database, ALL_QUEUES), jobs: producer, clock, log });
  shutdown.register('dispatcher', () => dispatcher.stop());
  const { queues, concurrency } = settings;
  const meter = createRateMeter({ clock });
  const stalls = deps.metrics.histogram(
    'event_loop_stall_seconds',
    'Blocks of the main thread for a second or more',
    [],
    [1, 2, 5, 10, 20, 30],
  );
  const session = createWorkerSession({
    store: createSessionStore(database),
    startHeartbeat: (heartbeat, handlers) =>
      startHeartbeat(
        {
          ...heartbeat,
          databaseUrl: settings.databaseUrl.reveal(),
          applicationName: 'pressroom-worker-heartbeat',
          logName: 'worker',
        },
        handlers,
      ),
    identity: { host: hostname(), pid: process.pid, queues, concurrency, version: deps.version },
    rates: () => meter.rates(),
    onStall: (forMs) => {
      stalls.observe(forMs / 1_000);
    },
    onHeartbeatEnded: (reason) => void shutdown.begin(reason, 1),
    ...(deps.maxStallMs !== undefined && { maxStallMs: deps.maxStallMs }),
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
    concurrency,
    slots: {
      takeSlots: (most) => consumer.takeSlots(most),
      waitForSlot: (lane, signal) => consumer.waitForSlot(lane, signal),
    },
    clock,
    log,
    execute: meter.measure(deps.createExecute(database, session)),
    ...(deps.onCheckpoint && { onCheckpoint: deps.onCheckpoint }),
  });
  await session.start();
  shutdown.register('session', () => session.stop());

  const consumer = createConsumer({
    backend,
    queues,
    concurrency,
    handler: async (job, signal) => {
      // This signal aborts at the drain's deadline: everything still running is handed back.
      signal.addEventListener('abort', () => {
        runner.handBack();
      });
      await runner.run(job);
    },
    onMalformed: createMalformedReport(database, deps.metrics, log),
    log,
    clock,
    random,
  });
  shutdown.register('consumer', async () => {
    runner.stopAccepting();
    await consumer.drain(settings.drainMs);
    await consumer.close();
  });
  const restarts = deps.metrics.counter(
    'consumer_restarts_total',
    'Restarts of a consumer that claimed nothing although work was waiting',
  );
  const fleet = createFleetStore(database);
  const watchdog = startConsumerWatchdog({
    consumer,
    queues,
    concurrency,
    longestQueued: (names) => fleet.longestQueued(names),
    isStoreReachable: () => succeeds(backend.ping(1_000)),
    requeue: () => dispatcher.requeueStale(),
    exit: (reason) => void shutdown.begin(reason, 1),
    onRestart: () => {
      restarts.inc();
    },
    ...deps.watchdog,
    clock,
    log,
  });
  shutdown.register('watchdog', () => watchdog.stop());

  const health = await startHealthServer({
    port: settings.healthPort,
    host: settings.healthHost,
    metrics: deps.metrics,
    live: () => watchdog.isHealthy(),
    ready: async () => [
      { name: 'database', ok: await succeeds(database.ping()) },
      { name: 'queue', ok: await succeeds(backend.ping(1_000)) },
    ],
  }).catch((error: unknown) => {
    throw new ConfigError('the environment', [
      {
        path: 'PRESSROOM_WORKER_PORT',
        message: `health and metrics cannot be served: ${errorMessage(error)}; set it to a free port, or to 0 for none (PRESSROOM_WORKER_HOST is ${settings.healthHost})`,
      },
    ]);
  });
  shutdown.register('health server', () => health.close());
  log.info({ queues: queues.length, concurrency }, 'worker.ready');
  return runner;
}

/** Counts a malformed job and stores it as a dead letter; its queue continues. */
function createMalformedReport(database: Database, metrics: Metrics, log: Logger) {
  const deadLetters = createDeadLetterStore(database);
  const malformed = metrics.counter('queue_jobs_malformed_total', 'Jobs with malformed data', ['queue']);
  return (job: MalformedJob): void => {
    malformed.inc({ queue: job.queue });
    deadLetters.recordUnreadableJob(describeUnreadableJob(job)).catch((error: unknown) => {
      log.error({ err: error, queue: job.queue, jobId: job.jobId }, 'queue.malformed_job_not_kept');
    });
  };
}

const succeeds = (work: Promise<unknown>): Promise<boolean> =>
  work.then(
    () => true,
    () => false,
  );

function openQueueBackend(settings: WorkerSettings, log: Logger): QueueBackend {
  const { redis, databaseUrl } = settings;
  return createQueueBackend(
    redis === undefined
      ? { kind: 'postgres', databaseUrl: databaseUrl.reveal(), log }
      : { kind: 'redis', address: redis, log },
  );
}
