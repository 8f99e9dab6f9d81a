import { ALL_QUEUES, type QueueName } from '@pressroom/contracts';
import {
  createDispatchStore,
  createFleetStore,
  createLoopLeaseStore,
  createMoneyStore,
  createSessionStore,
  createTaskTransitionStore,
} from '@pressroom/db';
import {
  createDispatcher,
  createTaskTransitions,
  startCoordinatorLoops,
  type ExecuteAttempt,
  type FindPipeline,
} from '@pressroom/engine';
import { createProducer, createQueueBackend, type QueueBackend } from '@pressroom/queue';
import { createMetrics, createShutdown, Secret, silentLogger, systemClock, type Metrics } from '@pressroom/runtime';
import {
  aPipeline,
  getTestRedis,
  openScene,
  openTestDatabase,
  type OpenTestDatabase,
  type Scene,
} from '@pressroom/testkit';

import { startWorker } from '../../src/wiring/start-worker.ts';

/** A worker with everything except its own process. */
export interface TestWorker {
  metrics: Metrics;
  /** Ends it like SIGTERM; returns the exit code. */
  terminate(): Promise<number>;
  /** Resolves with its exit code. */
  readonly exited: Promise<number>;
}

export interface TestFleet extends OpenTestDatabase, Scene {
  openBackend(): QueueBackend;
  /** Key prefix of this fleet in Redis. */
  redisPrefix: string | undefined;
  startWorker(options: {
    execute: ExecuteAttempt;
    findPipeline?: FindPipeline;
    queues?: readonly QueueName[];
    concurrency?: number;
    drainMs?: number;
    openBackend?: () => QueueBackend;
    watchdog?: Parameters<typeof startWorker>[1]['watchdog'];
  }): Promise<TestWorker>;
  /** Ends everything that is still running. */
  close(): Promise<void>;
}

/** One pipeline, in one version. */
export const findPipeline: FindPipeline = (type, version = 1) =>
  type === 'article' && version === 1 ? aPipeline() : undefined;

/** A coordinator's loops and any number of workers with a separate database and queue store. */
export async function startTestFleet(kind: 'redis' | 'postgres'): Promise<TestFleet> {
  const db = await openTestDatabase();
  const scene = await openScene(db);
  const log = silentLogger();
  const redis = kind === 'redis' ? getTestRedis() : undefined;
  const openBackend = (): QueueBackend =>
    redis
      ? createQueueBackend({ kind: 'redis', ...redis, log })
      : createQueueBackend({ kind: 'postgres', databaseUrl: db.url, log });

  const backend = openBackend();
  await backend.prepare();
  const jobs = createProducer({ backend, log });
  const dispatcher = createDispatcher({
    store: createDispatchStore(db.database, ALL_QUEUES),
    jobs,
    clock: systemClock,
    log,
  });
  const loops = startCoordinatorLoops({
    sessions: createSessionStore(db.database),
    fleet: createFleetStore(db.database),
    money: createMoneyStore(db.database),
    leases: createLoopLeaseStore(db.database),
    dispatcher,
    transitions: createTaskTransitions({
      store: createTaskTransitionStore(db.database),
      findPipeline,
      random: () => 0,
      log,
    }),
    clock: systemClock,
    log,
  });
  const workers: TestWorker[] = [];

  return {
    ...db,
    ...scene,
    openBackend,
    redisPrefix: redis?.prefix,
    async startWorker({ execute, queues = ALL_QUEUES, concurrency = 4, drainMs = 5_000, ...rest }) {
      const exited = Promise.withResolvers<number>();
      const shutdown = createShutdown({
        log,
        deadlineMs: drainMs + 8_000,
        process: { exit: exited.resolve } as unknown as NodeJS.Process,
      });
      const metrics = createMetrics('pressroom', { processMetrics: false });
      await startWorker(
        {
          databaseUrl: new Secret(db.url),
          redis: undefined,
          queues,
          concurrency,
          healthHost: '127.0.0.1',
          healthPort: 0,
          drainMs,
        },
        {
          version: 'test',
          findPipeline: rest.findPipeline ?? findPipeline,
          createExecute: () => execute,
          openBackend: rest.openBackend ?? openBackend,
          ...(rest.watchdog && { watchdog: rest.watchdog }),
          metrics,
          shutdown,
          log,
        },
      );
      const worker: TestWorker = {
        metrics,
        terminate: () => shutdown.begin('SIGTERM'),
        exited: exited.promise,
      };
      workers.push(worker);
      return worker;
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.terminate()));
      await loops.stop();
      await dispatcher.stop();
      await jobs.close();
      await backend.close();
      await db.close();
    },
  };
}
