import { createTools, findAgent } from '@pressroom/agents';
import { createBreakerStore, createCacheStore, createMoneyStore } from '@pressroom/db';
import type { Checkpoint, FindPipeline } from '@pressroom/engine';
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
import { createReplyCache } from './reply-cache.ts';
import { createSharedBreakers } from './shared-breakers.ts';
import { startWorker } from './start-worker.ts';
import { createToolMetrics } from './tool-metrics.ts';

/** Time for closers after the drain itself. */
const CLOSE_MS = 8_000;

/** Named points of an attempt, told to tests that stop the process there. */
export type WorkerCheckpoint = Checkpoint | MoneyCheckpoint;

/**
 * Runs a worker process with the real agents until it is told to end.
 *
 * @param hooks.onCheckpoint called at named points; for tests
 * @param hooks.findPipeline, hooks.findAgent task types and agents in place of this version's own
 * @throws {ConfigError} and whatever prevents the start
 */
export async function runWorker(
  env: Readonly<Record<string, string | undefined>>,
  hooks: {
    onCheckpoint?: (point: WorkerCheckpoint) => void;
    findPipeline?: FindPipeline;
    findAgent?: typeof findAgent;
  } = {},
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
        cache: createReplyCache(createCacheStore(database)),
        clock,
        random,
        log,
        config: config.llm.gateway,
        metrics: createGatewayMetrics(metrics),
        workers: () => session.liveWorkers,
        sharedBreakers: createSharedBreakers(createBreakerStore(database), session, { clock, log }),
      });
      session.onBeat(({ breakers, askedAtMs }) => {
        gateway.syncBreakers(breakers, askedAtMs);
      });
      shutdown.register('gateway', () => {
        gateway.close();
      });
      const { userAgent } = config.egress;
      const fetchPage = createFetchPage({ ...config.egress, clock });
      const tools = createTools({ ...config.tools, userAgent, clock, log, onSearch: createToolMetrics(metrics) });
      shutdown.register('tools', () => tools.close());
      return createExecuteAttempt({
        gateway,
        meter,
        findAgent: hooks.findAgent ?? findAgent,
        money,
        tools,
        fetchPage,
        clock,
        log,
      });
    },
  });
  announceReady();
}
