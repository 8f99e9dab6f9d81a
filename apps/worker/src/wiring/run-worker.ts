import { findAgent } from '@pressroom/agents';
import { createBreakerStore, createMoneyStore } from '@pressroom/db';
import type { Checkpoint } from '@pressroom/engine';
import { catalogFromConfig, createGateway, createProviders } from '@pressroom/llm';
import { findPipeline } from '@pressroom/pipelines';
import {
  announceReady,
  createLogger,
  createMetrics,
  createShutdown,
  systemClock as clock,
  systemRandom as random,
} from '@pressroom/runtime';

import packageJson from '../../package.json' with { type: 'json' };
import { parseWorkerConfig } from '../config.ts';
import { createExecuteAttempt, createSpendMeter } from './execute-attempt.ts';
import { createFetchPage } from './fetch-page.ts';
import { createGatewayMetrics } from './gateway-metrics.ts';
import { createGatewayStore, type MoneyCheckpoint } from './gateway-store.ts';
import { createSharedBreakers } from './shared-breakers.ts';
import { startWorker } from './start-worker.ts';

/** Time for closers after the drain itself. */
const CLOSE_MS = 8_000;

/** Named points of an attempt, told to tests that stop the process there. */
export type WorkerCheckpoint = Checkpoint | MoneyCheckpoint;

/**
 * Runs a worker process with the real agents until it is told to end.
 *
 * @param hooks.onCheckpoint called at named points; for tests
 * @throws {ConfigError} and whatever prevents the start
 */
export async function runWorker(
  env: Readonly<Record<string, string | undefined>>,
  hooks: { onCheckpoint?: (point: WorkerCheckpoint) => void } = {},
): Promise<void> {
  const config = parseWorkerConfig(env);
  const log = createLogger({ name: 'worker', level: config.logLevel });
  const metrics = createMetrics('pressroom');
  const shutdown = createShutdown({ log, deadlineMs: config.drainMs + CLOSE_MS });
  shutdown.listen();

  await startWorker(config, {
    version: packageJson.version,
    findPipeline,
    metrics,
    shutdown,
    log,
    ...hooks,
    createExecute: (database, session) => {
      const money = createMoneyStore(database);
      const meter = createSpendMeter();
      const gateway = createGateway({
        catalog: catalogFromConfig(config.llm),
        providers: createProviders(config.llm.providers, { clock }),
        store: meter.around(createGatewayStore({ money, clock, log, ...hooks })),
        clock,
        random,
        log,
        config: config.llm.gateway,
        metrics: createGatewayMetrics(metrics),
        sharedBreakers: createSharedBreakers(createBreakerStore(database), session),
      });
      session.onBeat(({ breakers, askedAtMs }) => {
        gateway.syncBreakers(breakers, askedAtMs);
      });
      shutdown.register('gateway', () => {
        gateway.close();
      });
      const fetchPage = createFetchPage({ allowHosts: config.egressAllowHosts, clock });
      return createExecuteAttempt({ gateway, meter, findAgent, money, fetchPage, clock, log });
    },
  });
  announceReady();
}
