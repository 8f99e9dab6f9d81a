import type { Metrics } from '@pressroom/runtime';

import { defineRoute, ROLES, type Route } from '../routing/route.ts';

/** `GET /metrics`, in Prometheus' text format. */
export function metrics(deps: { metrics: Metrics }): Route {
  return defineRoute({
    method: 'GET',
    path: '/metrics',
    operationId: 'getMetrics',
    tag: 'System',
    summary: 'Metrics of this process',
    roles: ROLES.monitor,
    responses: { 200: { description: "Prometheus' text format 0.0.4", content: { 'text/plain': null } } },
    async handle({ response }) {
      const { contentType, text } = await deps.metrics.serve();
      response.setHeader('Content-Type', contentType);
      response.end(text);
    },
  });
}
