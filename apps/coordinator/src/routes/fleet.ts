import { FleetView } from '@pressroom/contracts';

import { sendJson } from '../middleware/send.ts';
import type { FleetQueries } from '../ports.ts';
import { defineRoute, ROLES, type Route } from '../routing/route.ts';

/** `GET /v1/fleet`. */
export function fleet(deps: { fleet: FleetQueries }): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/fleet',
    operationId: 'getFleet',
    tag: 'Fleet',
    summary: 'Workers, queues and breakers',
    roles: ROLES.monitor,
    responses: { 200: { description: 'The fleet now', content: { 'application/json': FleetView } } },
    async handle({ response, bounded }) {
      const [workers, queues, breakers] = await Promise.all([
        bounded(deps.fleet.workers()),
        bounded(deps.fleet.queues()),
        bounded(deps.fleet.breakers()),
      ]);
      sendJson(response, 200, { workers, queues, breakers });
    },
  });
}
