import { EventEmitter } from 'node:events';

import { findPipeline, listPipelines } from '@pressroom/pipelines';
import { createMetrics, createShutdown, silentLogger, systemClock } from '@pressroom/runtime';

import { createApp } from '../../src/app.ts';
import { parseCoordinatorConfig } from '../../src/config.ts';
import { createEventHub } from '../../src/events/event-hub.ts';
import { startHttpServer } from '../../src/http-server.ts';
import { createDependencies } from '../../src/wiring/create-dependencies.ts';

export const ADMIN_KEY = 'an-administrator-key-for-tests';

/** A whole coordinator on a real database, inside the test's process. */
export interface TestCoordinator {
  url: string;
  stop(): Promise<void>;
}

export async function startTestCoordinator(
  databaseUrl: string,
  options: { env?: Readonly<Record<string, string>>; heartbeatMs?: number } = {},
): Promise<TestCoordinator> {
  const log = silentLogger();
  // The end of what the test owns is not the end of the process that runs it.
  const host = Object.assign(new EventEmitter(), { exit: () => undefined }) as unknown as NodeJS.Process;
  const shutdown = createShutdown({ log, deadlineMs: 5_000, process: host });
  const config = parseCoordinatorConfig({
    DATABASE_URL: databaseUrl,
    PRESSROOM_ADMIN_KEY: ADMIN_KEY,
    LOG_LEVEL: 'silent',
    ...options.env,
  });
  const dependencies = await createDependencies(config, { findPipeline, listPipelines, log, shutdown });
  const events = createEventHub({ feed: dependencies.feed, clock: systemClock, log });
  const app = createApp({
    ...dependencies,
    pipelines: { list: listPipelines, find: findPipeline },
    events,
    metrics: createMetrics('pressroom', { processMetrics: false }),
    clock: systemClock,
    log,
    version: '0.0.0-test',
    isDraining: () => false,
    limits: config.limits,
    ...(options.heartbeatMs !== undefined && { heartbeatMs: options.heartbeatMs }),
  });
  const server = await startHttpServer({ listener: app, host: '127.0.0.1', port: 0, clock: systemClock });
  shutdown.register('http server', () => server.close(100));
  shutdown.register('event streams', () => {
    events.close();
  });
  return {
    url: server.url,
    async stop() {
      await shutdown.begin('the test is over');
    },
  };
}
