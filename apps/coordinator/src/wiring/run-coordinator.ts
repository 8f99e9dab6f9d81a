import {
  announceReady,
  createLogger,
  createMetrics,
  createShutdown,
  endOnUncaughtErrors,
  systemClock,
} from '@pressroom/runtime';

import packageJson from '../../package.json' with { type: 'json' };
import { createApp } from '../app.ts';
import { parseCoordinatorConfig } from '../config.ts';
import { createEventHub } from '../events/event-hub.ts';
import { startHttpServer } from '../http-server.ts';
import type { PipelineRegistry } from '../ports.ts';
import { createDependencies } from './create-dependencies.ts';

/**
 * Runs a coordinator process that serves these task types until it receives a stop signal.
 * @throws {ConfigError} and whatever prevents the start
 */
export async function runCoordinator(
  env: Readonly<Record<string, string | undefined>>,
  pipelines: PipelineRegistry,
): Promise<void> {
  const config = parseCoordinatorConfig(env);
  const log = createLogger({ name: 'coordinator', level: config.logLevel });
  for (const { path, message } of config.warnings)
    log.warn({ variable: path, reason: message }, 'config.unknown_variable');
  const metrics = createMetrics('pressroom');
  const shutdown = createShutdown({ log, deadlineMs: config.shutdownMs });
  shutdown.listen();
  endOnUncaughtErrors({ log, shutdown });

  const dependencies = await createDependencies(config, {
    findPipeline: (type, version) => pipelines.find(type, version),
    listPipelines: () => pipelines.list(),
    metrics,
    log,
    shutdown,
  });
  const events = createEventHub({ feed: dependencies.feed, clock: systemClock, log });
  const app = createApp({
    ...dependencies,
    pipelines,
    events,
    metrics,
    clock: systemClock,
    log,
    version: packageJson.version,
    limits: config.limits,
    isDraining: () => shutdown.signal.aborted,
  });
  const server = await startHttpServer({
    listener: app,
    ...config.http,
    clock: systemClock,
    limits: config.limits,
  });
  // Closed in reverse: streams end first, or the server would wait for them.
  shutdown.register('http server', () => server.close(Math.floor(config.shutdownMs / 2)));
  shutdown.register('event streams', () => {
    events.close();
  });
  log.info({ url: server.url }, 'coordinator.ready');
  announceReady({ url: server.url, port: server.port });
}
