import { newId, type Clock, type Logger, type Metrics } from '@pressroom/runtime';
import type { NextFunction, Request, Response } from 'express';

import { createStoreBound, type StoreBound } from './bound-store-call.ts';
import { API_HEADERS } from './security-headers.ts';

export interface RequestContext {
  requestId: string;
  log: Logger;
  /** Bounds store calls by what is left of this request's time. */
  bounded: StoreBound;
  /** Template of the route that serves this request; the only form of the path that reaches logs and metrics. */
  route: string;
}

export const contextOf = (response: Response): RequestContext => response.locals['context'] as RequestContext;

const QUIET_ROUTES: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics']);

/**
 * Gives each request its id, its logger and its time budget, sets the security headers, and records the outcome once, when
 * the response is over. Logs carry the route template, never the query or a body.
 */
export function createRequestContext(deps: {
  clock: Clock;
  log: Logger;
  metrics: Metrics;
  storeTimeoutMs: number;
}): (request: Request, response: Response, next: NextFunction) => void {
  const durations = deps.metrics.histogram(
    'http_request_duration_seconds',
    'Time from a request to the end of its response',
    ['method', 'route', 'status'],
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
  );
  const { clock } = deps;
  const monotonicMs = () => clock.monotonicMs();

  return (request, response, next) => {
    const startedMs = clock.monotonicMs();
    const requestId = acceptRequestId(request.headers['x-request-id']);
    const context: RequestContext = {
      requestId,
      log: deps.log,
      bounded: createStoreBound(startedMs + deps.storeTimeoutMs, monotonicMs),
      route: 'unmatched',
    };
    response.locals['context'] = context;
    response.setHeader('X-Request-Id', requestId);
    for (const [name, value] of API_HEADERS) response.setHeader(name, value);

    response.once('close', () => {
      const ms = clock.monotonicMs() - startedMs;
      const facts = {
        method: request.method,
        route: context.route,
        status: response.statusCode,
        ms: Math.round(ms * 10) / 10,
        requestId,
        ...(!response.writableFinished && { aborted: true }),
      };
      deps.log[QUIET_ROUTES.has(context.route) ? 'debug' : 'info'](facts, 'http.request');
      durations.observe(
        { method: knownMethod(request.method), route: context.route, status: response.statusCode },
        ms / 1_000,
      );
    });
    next();
  };
}

/** A caller's id is echoed when it is short and plain; anything else is replaced. */
function acceptRequestId(header: string | string[] | undefined): string {
  return typeof header === 'string' && /^[\w.:-]{1,128}$/.test(header) ? header : newId();
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
/** Methods are the caller's text; unknown ones share a label so that nobody can grow the metrics. */
const knownMethod = (method: string): string => (METHODS.has(method) ? method : 'other');
