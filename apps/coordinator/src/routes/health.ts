import { z } from 'zod';

import { RequestError } from '../errors/request-error.ts';
import { sendJson } from '../middleware/send.ts';
import type { Readiness } from '../ports.ts';
import { defineRoute, type Route } from '../routing/route.ts';

/** `GET /healthz`: this process answers. Says nothing about its stores, so that an outage does not restart coordinators. */
export function healthz(deps: { version: string }): Route {
  return defineRoute({
    method: 'GET',
    path: '/healthz',
    operationId: 'getHealth',
    tag: 'System',
    summary: 'Is this process alive?',
    roles: 'public',
    responses: {
      200: {
        description: 'It is',
        content: { 'application/json': z.object({ status: z.literal('ok'), version: z.string() }) },
      },
    },
    handle({ response }) {
      sendJson(response, 200, { status: 'ok', version: deps.version });
    },
  });
}

const Ready = z.object({
  /** `degraded`: requests are served, and a store that they do not need is away. */
  status: z.enum(['ready', 'degraded']),
  checks: z.array(z.object({ name: z.string(), ok: z.boolean() })),
});

/**
 * `GET /readyz`: may requests be sent to this process? Only a required store makes it unready. Details of a fault go to the
 * log, not to the public.
 */
export function readyz(deps: { readiness: Readiness; isDraining: () => boolean }): Route {
  return defineRoute({
    method: 'GET',
    path: '/readyz',
    operationId: 'getReadiness',
    tag: 'System',
    summary: 'Can this process serve?',
    roles: 'public',
    responses: {
      200: {
        description: 'It can; `degraded` while the queue store is away, which delays the dispatch of tasks',
        content: { 'application/json': Ready },
      },
    },
    problems: ['UNAVAILABLE'],
    async handle({ response, bounded, log }) {
      if (deps.isDraining()) throw new RequestError('UNAVAILABLE', 'this process is shutting down');
      const results = await bounded(deps.readiness.check());
      const checks = results.map(({ name, ok }) => ({ name, ok }));
      const failing = results.filter((result) => !result.ok);
      if (failing.length > 0) log.warn({ failing }, 'readiness.failed');
      const missing = failing.filter(({ isRequired }) => isRequired);
      if (missing.length === 0) {
        sendJson(response, 200, { status: failing.length === 0 ? 'ready' : 'degraded', checks });
        return;
      }
      throw new RequestError('UNAVAILABLE', `not ready: ${missing.map(({ name }) => name).join(', ')}`, {
        members: { checks },
      });
    },
  });
}
