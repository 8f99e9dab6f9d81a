import { newId, type Clock, type Logger, type Metrics } from '@pressroom/runtime';
import type { NextFunction, Request, Response } from 'express';

import { createStoreBound, type StoreBound } from './bound-store-call.ts';
import type { InFlightRequest } from './in-flight.ts';
import { limitDrain } from './limit-drain.ts';
import { API_HEADERS } from './security-headers.ts';

export interface RequestContext {
  requestId: string;
  log: Logger;
  /** Bounds store calls by what is left of this request's time. */
  bounded: StoreBound;
  /** Template of the route that serves this request; the only form of the path that reaches logs and metrics. */
  route: string;
  /** What the request uses of its caller's limits; absent on public routes. */
  inFlight: InFlightRequest | undefined;
  /** A large reply of which nothing was taken for this long is cut. */
  replyStallMs: number;
  /**
   * Waits until it is the tenant's turn to have this request worked on. Its time for the stores, which includes the wait,
   * starts here, so that a slow upload does not use it up. Idempotent: a request takes one turn, which `leave` ends.
   * @throws {RequestError} UNAVAILABLE
   */
  enter(): Promise<void>;
  leave(): void;
  /**
   * Does work that uses neither a store nor the event loop: another request has the turn meanwhile, this one takes a new turn
   * and new time for the stores afterwards.
   * @throws {RequestError} UNAVAILABLE
   */
  outsideTurn<T>(work: () => Promise<T>): Promise<T>;
}

export const contextOf = (response: Response): RequestContext => response.locals['context'] as RequestContext;

/** As `contextOf`, from the other end of the same exchange. */
export function requestContextOf(request: Request): RequestContext {
  if (request.res === undefined) throw new Error('the request has no response');
  return contextOf(request.res);
}

/**
 * A turn that made a large reply ends this much later: reading and writing out 1 MiB keeps the event loop for tens of
 * milliseconds, of which a tenant that reads many may have no more than its share.
 */
const PAUSE_MS_PER_BYTE = 200 / (1_024 * 1_024);

/** Routes that probes and scrapers request all the time. */
export const QUIET_ROUTES: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics']);

/**
 * Gives each request its id, its logger and its time budget, sets the security headers, and records the outcome once, when
 * the response is over. Logs carry the route template, never the query or a body.
 */
export function createRequestContext(deps: {
  clock: Clock;
  log: Logger;
  metrics: Metrics;
  storeTimeoutMs: number;
  replyStallMs: number;
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
    let storeDeadlineMs = startedMs + deps.storeTimeoutMs;
    let turn: Promise<() => void> | undefined;
    const context: RequestContext = {
      requestId,
      log: deps.log,
      bounded: createStoreBound(() => storeDeadlineMs, monotonicMs),
      route: 'unmatched',
      inFlight: undefined,
      replyStallMs: deps.replyStallMs,
      async enter() {
        if (turn !== undefined || context.inFlight === undefined) return;
        storeDeadlineMs = clock.monotonicMs() + deps.storeTimeoutMs;
        turn = context.inFlight.acquireSlot(request.method === 'GET' || request.method === 'HEAD' ? 'read' : 'write');
        await context.bounded(turn);
      },
      leave() {
        const pauseMs = (context.inFlight?.heldReplyBytes ?? 0) * PAUSE_MS_PER_BYTE;
        void turn?.then((release) => {
          if (pauseMs > 0) setTimeout(release, pauseMs);
          else release();
        });
      },
      async outsideTurn(work) {
        context.leave();
        turn = undefined;
        const result = await work();
        await context.enter();
        return result;
      },
    };
    response.locals['context'] = context;
    response.setHeader('X-Request-Id', requestId);
    for (const [name, value] of API_HEADERS) response.setHeader(name, value);

    limitDrain(request, response);
    response.once('close', () => {
      context.inFlight?.end();
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
/** Methods are the caller's text; unknown ones share a label, so that callers cannot add series. */
const knownMethod = (method: string): string => (METHODS.has(method) ? method : 'other');
