import { findAgent } from '@pressroom/agents';
import { createMoneyStore } from '@pressroom/db';
import { catalogFromConfig, createGateway, createProviders } from '@pressroom/llm';
import { findPipeline } from '@pressroom/pipelines';
import {
  announceReady,
  createLogger,
  createMetrics,
  createShutdown,
  errorMessage,
  systemClock as clock,
  systemRandom as random,
} from '@pressroom/runtime';

import packageJson from '../package.json' with { type: 'json' };
import { parseWorkerConfig } from './config.ts';
import { createExecuteAttempt, createSpendMeter } from './wiring/execute-attempt.ts';
import { createFetchPage } from './wiring/fetch-page.ts';
import { createGatewayMetrics } from './wiring/gateway-metrics.ts';
import { createGatewayStore } from './wiring/gateway-store.ts';
import { startWorker } from './wiring/start-worker.ts';

/** Time for closers after the drain itself. */
const CLOSE_MS = 8_000;

async function main(): Promise<void> {
  const config = parseWorkerConfig(process.env);
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
    createExecute: (database) => {
      const money = createMoneyStore(database);
      const meter = createSpendMeter();
      const gateway = createGateway({
        catalog: catalogFromConfig(config.llm),
        providers: createProviders(config.llm.providers, { clock }),
        store: meter.around(createGatewayStore({ money, clock, log })),
        clock,
        random,
        log,
        config: config.llm.gateway,
        metrics: createGatewayMetrics(metrics),
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

main().catch((error: unknown) => {
  process.stderr.write(`${errorMessage(error)}\n`);
  process.exit(1);
});
