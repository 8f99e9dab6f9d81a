import {
  createAlertStore,
  createBreakerStore,
  createLoopLeaseStore,
  createScalingStore,
  type Database,
  type FleetStore,
} from '@pressroom/db';
import {
  createScalingAdvisor,
  policyFromConfig,
  poolsFromConfig,
  startFleetLoops,
  type QueueControl,
  type ScalingConfig,
} from '@pressroom/engine';
import type { QueueAdmin, QueueBackend } from '@pressroom/queue';
import { systemClock as clock, type Logger, type Metrics, type Shutdown } from '@pressroom/runtime';

import type { FleetQueries } from '../ports.ts';
import { createFleetGauges } from './fleet-gauges.ts';
import { createFleetQueries } from './fleet-queries.ts';

/** The alert about an unfit queue store is repeated after this. */
const STORE_ALERT_QUIET_MS = 3_600_000;

/** Joins the fleet's queries to both stores, and starts what watches pools and the queue store. */
export function startFleet(
  database: Database,
  deps: {
    fleet: FleetStore;
    admin: QueueAdmin;
    control: Pick<QueueControl, 'paused'>;
    backend: QueueBackend;
    config: ScalingConfig;
    metrics: Metrics | undefined;
    log: Logger;
    shutdown: Shutdown;
  },
): FleetQueries {
  const { config, log } = deps;
  const scaling = createScalingStore(database);
  const advisor = createScalingAdvisor({
    store: scaling,
    policy: policyFromConfig(config),
    pools: poolsFromConfig(config),
    usefulParallelism: config.scaling.usefulParallelism,
  });
  const gauges = deps.metrics && createFleetGauges(deps.metrics);
  const alerts = createAlertStore(database);
  const loops = startFleetLoops({
    advisor,
    leases: createLoopLeaseStore(database),
    onAdvice: (advice) => gauges?.show(advice),
    checkQueueStore: () => deps.backend.prepare(),
    onQueueStore: async (problem) => {
      gauges?.showQueueStore(problem === undefined);
      if (problem === undefined) return;
      const alert = {
        tenantId: null,
        kind: 'queue_store.unsuitable',
        message: problem,
        data: { store: deps.backend.kind },
      };
      await alerts.raise(alert, STORE_ALERT_QUIET_MS);
    },
    clock,
    log,
  });
  deps.shutdown.register('fleet loops', () => loops.stop());
  return createFleetQueries({
    fleet: deps.fleet,
    admin: deps.admin,
    control: deps.control,
    scaling,
    advisor,
    breakers: createBreakerStore(database),
  });
}
