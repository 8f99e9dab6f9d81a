/** The product's worker process with agents that do nothing: see `workload.ts`. */
import { announceReady, createLogger, createMetrics, createShutdown, Secret } from '@pressroom/runtime';
import { ALL_QUEUES } from '@pressroom/contracts';
import { readRedisAddress } from '@pressroom/queue';

import { startWorker } from '../../apps/worker/src/wiring/start-worker.ts';
import { executeWorkload, workloadPipeline } from './workload.ts';

const { DATABASE_URL = '', REDIS_URL, LOG_LEVEL = 'warn', BENCH_STEP_MS, BENCH_SLOTS = '32' } = process.env;
const log = createLogger({ name: 'worker', level: LOG_LEVEL });
const shutdown = createShutdown({ log, deadlineMs: 10_000 });
shutdown.listen();
const stepMs = Number(BENCH_STEP_MS ?? 0);
await startWorker(
  {
    databaseUrl: new Secret(DATABASE_URL),
    redis: readRedisAddress({ REDIS_URL }),
    queues: ALL_QUEUES,
    concurrency: Number(BENCH_SLOTS),
    healthHost: '127.0.0.1',
    healthPort: 0,
    drainMs: 2_000,
  },
  {
    version: 'bench',
    findPipeline: () => workloadPipeline,
    createExecute: () =>
      stepMs === 0
        ? executeWorkload
        : async (attempt, run) => {
            await new Promise((resolve) => setTimeout(resolve, stepMs));
            return executeWorkload(attempt, run);
          },
    metrics: createMetrics('pressroom', { processMetrics: false }),
    shutdown,
    log,
  },
);
announceReady();
