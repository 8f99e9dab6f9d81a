import type { Express } from 'express';
import express from 'express';

import { DEFAULT_REQUEST_LIMITS, type RequestLimits } from './core/request-limits.ts';
import { notFound } from './errors/request-error.ts';
import { createAuthenticator } from './middleware/authenticate.ts';
import { handleError } from './middleware/error-handler.ts';
import { createRequestContext } from './middleware/request-context.ts';
import { createCompression } from './middleware/compress-replies.ts';
import { createInFlightLimits } from './middleware/in-flight.ts';
import type { KeyStore } from './ports.ts';
import { mountRoutes } from './routing/mount-routes.ts';
import { createRouteTable, type RouteTableDeps } from './routing/route-table.ts';

/** Time all store calls of one request may take together; with the rest of the work an outage is answered within 2 s. */
const STORE_TIMEOUT_MS = 1_800;
const HEARTBEAT_MS = 15_000;

export interface AppDeps extends Omit<RouteTableDeps, 'authenticator' | 'storeTimeoutMs' | 'heartbeatMs' | 'limits'> {
  keys: KeyStore;
  limits?: RequestLimits;
  storeTimeoutMs?: number;
  heartbeatMs?: number;
}

/** The HTTP application. It owns nothing: hub, stores and server are made and closed by the caller. */
export function createApp(deps: AppDeps): Express {
  const storeTimeoutMs = deps.storeTimeoutMs ?? STORE_TIMEOUT_MS;
  const heartbeatMs = deps.heartbeatMs ?? HEARTBEAT_MS;
  const limits = deps.limits ?? DEFAULT_REQUEST_LIMITS;
  const authenticator = createAuthenticator(deps);
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.enable('case sensitive routing');

  app.use(createRequestContext({ ...deps, storeTimeoutMs, replyStallMs: limits.replyStallMs }));
  app.use(createCompression());
  const routes = createRouteTable({ ...deps, limits, authenticator, storeTimeoutMs, heartbeatMs });
  mountRoutes(app, routes, { authenticator, inFlight: createInFlightLimits(limits, deps.metrics) });
  app.use(() => {
    throw notFound('resource');
  });
  app.use(handleError);
  return app;
}
