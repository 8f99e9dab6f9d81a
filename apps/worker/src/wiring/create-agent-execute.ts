import { createPageParser, createTools, findAgent } from '@pressroom/agents';
import { createBreakerStore, createCacheStore, createMoneyStore, type Database } from '@pressroom/db';
import type { ExecuteAttempt, WorkerSession } from '@pressroom/engine';
import { catalogFromConfig, createGateway, createProviders } from '@pressroom/llm';
import {
  createSandboxMetrics,
  systemClock as clock,
  systemRandom as random,
  type Logger,
  type Metrics,
  type Shutdown,
} from '@pressroom/runtime';

import type { WorkerConfig } from '../config.ts';
import { createExecuteAttempt, createSpendMeter } from './execute-attempt.ts';
import { createFetchPage } from './fetch-page.ts';
import { createGatewayMetrics } from './gateway-metrics.ts';
import { createGatewayStore, type MoneyCheckpoint } from './gateway-store.ts';
import { createReplyCache } from './reply-cache.ts';
import { createSharedBreakers } from './shared-breakers.ts';
import { createToolMetrics } from './tool-metrics.ts';

/** Replacements for the built-in agents and checkpoints, for tests. */
export interface AgentHooks {
  onCheckpoint?: (point: MoneyCheckpoint) => void;
  findAgent?: typeof findAgent;
}

/** Connects agents, gateway, tools and stores, both in a worker and in the process of a suspect step. */
export function createAgentExecute(deps: {
  config: WorkerConfig;
  database: Database;
  session: Pick<WorkerSession, 'id' | 'liveWorkers' | 'onHeartbeat'>;
  hooks: AgentHooks;
  metrics: Metrics;
  shutdown: Pick<Shutdown, 'register'>;
  log: Logger;
}): ExecuteAttempt {
  const { config, database, session, hooks, metrics, shutdown, log } = deps;
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
  session.onHeartbeat(({ breakers, askedAtMs }) => {
    gateway.syncBreakers(breakers, askedAtMs);
  });
  shutdown.register('gateway', () => {
    gateway.close();
  });
  const { userAgent } = config.egress;
  const fetchPage = createFetchPage({ ...config.egress, clock });
  const tools = createTools({ ...config.tools, userAgent, clock, log, onSearch: createToolMetrics(metrics) });
  shutdown.register('tools', () => tools.close());
  const pages = createPageParser({ onJob: createSandboxMetrics(metrics) });
  shutdown.register('page parser', () => pages.close());
  return createExecuteAttempt({
    gateway,
    meter,
    findAgent: hooks.findAgent ?? findAgent,
    money,
    tools,
    fetchPage,
    pages,
    clock,
    log,
  });
}
