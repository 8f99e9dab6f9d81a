import { findPipeline, listPipelines } from '@pressroom/pipelines';
import { createMetrics, silentLogger, systemClock } from '@pressroom/runtime';

import { DEFAULT_REQUEST_LIMITS } from '../core/request-limits.ts';
import { createEventHub } from '../events/event-hub.ts';
import { createAuthenticator } from '../middleware/authenticate.ts';
import { createRouteTable } from '../routing/route-table.ts';
import type { Route } from '../routing/route.ts';
import { createFakeStores } from './fake-stores.ts';

export const TEST_PIPELINES = { list: listPipelines, find: findPipeline };

/** The route table over fakes that are never called, for what is derived from the table alone. */
export function inertRouteTable(): readonly Route[] {
  const { ports } = createFakeStores();
  const log = silentLogger();
  return createRouteTable({
    ...ports,
    pipelines: TEST_PIPELINES,
    renderer: {
      render: (markdown) => Promise.resolve(markdown()),
      findDocument: () => undefined,
      assemble: () => Promise.resolve(undefined),
    },
    events: createEventHub({ feed: ports.feed, clock: systemClock, log }),
    authenticator: createAuthenticator({ keys: ports.keys, clock: systemClock }),
    metrics: createMetrics('pressroom', { processMetrics: false }),
    clock: systemClock,
    log,
    version: '0.0.0',
    isDraining: () => false,
    limits: DEFAULT_REQUEST_LIMITS,
    storeTimeoutMs: 1_000,
    heartbeatMs: 1_000,
  });
}
