/** The product's coordinator with workload W as its only pipeline. */
import { announceReady, createLogger, createMetrics, createShutdown, systemClock } from '@pressroom/runtime';

import { createApp } from '../../apps/coordinator/src/app.ts';
import { parseCoordinatorConfig } from '../../apps/coordinator/src/config.ts';
import { createEventHub } from '../../apps/coordinator/src/events/event-hub.ts';
import { startHttpServer } from '../../apps/coordinator/src/http-server.ts';
import { createDependencies } from '../../apps/coordinator/src/wiring/create-dependencies.ts';
import { workloadPipeline } from './workload.ts';

const config = parseCoordinatorConfig(process.env);
const log = createLogger({ name: 'coordinator', level: config.logLevel });
const shutdown = createShutdown({ log, deadlineMs: 5_000 });
shutdown.listen();
const dependencies = await createDependencies(config, { findPipeline: () => workloadPipeline, log, shutdown });
const events = createEventHub({ feed: dependencies.feed, clock: systemClock, log });
const app = createApp({
  ...dependencies,
  pipelines: { list: () => [workloadPipeline], find: () => workloadPipeline },
  events,
  metrics: createMetrics('pressroom', { processMetrics: false }),
  clock: systemClock,
  log,
  version: 'bench',
  isDraining: () => shutdown.signal.aborted,
});
const server = await startHttpServer({ listener: app, ...config.http, clock: systemClock });
shutdown.register('http server', () => server.close(1_000));
announceReady({ url: server.url, port: server.port });
