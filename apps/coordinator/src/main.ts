import { findPipeline, listPipelines } from '@pressroom/pipelines';
import {
  announceReady,
  createLogger,
  createMetrics,
  createShutdown,
  errorMessage,
  systemClock,
} from '@pressroom/runtime';

import packageJson from '../package.json' with { type: 'json' };
import { createApp } from './app.ts';
import { parseCoordinatorConfig } from './config.ts';
import { createEventHub } from './events/event-hub.ts';
import { startHttpServer } from './http-server.ts';
import { createDependencies } from './wiring/create-dependencies.ts';

async function main(): Promise<void> {
  const config = parseCoordinatorConfig(process.env);
  const log = createLogger({ name: 'coordinator', level: config.logLevel });
  const metrics = createMetrics('pressroom');
  const shutdown = createShutdown({ log, deadlineMs: config.shutdownMs });
  shutdown.listen();

  const dependencies = await createDependencies(config, { findPipeline, listPipelines, metrics, log, shutdown });
  const events = createEventHub({ feed: dependencies.feed, clock: systemClock, log });
  const app = createApp({
    ...dependencies,
    pipelines: { list: listPipelines, find: findPipeline },
    events,
    metrics,
    clock: systemClock,
    log,
    version: packageJson.version,
    isDraining: () => shutdown.signal.aborted,
  });
  const server = await startHttpServer({ listener: app, ...config.http, clock: systemClock });
  // Closed in reverse: streams end first, or the server would wait for them.
  shutdown.register('http server', () => server.close(Math.floor(config.shutdownMs / 2)));
  shutdown.register('event streams', () => {
    events.close();
  });
  log.info({ url: server.url }, 'coordinator.ready');
  announceReady({ url: server.url, port: server.port });
}

main().catch((error: unknown) => {
  process.stderr.write(`${errorMessage(error)}\n`);
  process.exit(1);
});
