import { DesiredReplicas, ScalingView } from '@pressroom/contracts';

import { notFound } from '../errors/request-error.ts';
import { sendJson } from '../middleware/send.ts';
import type { FleetQueries } from '../ports.ts';
import { defineRoute, ROLES, type Route } from '../routing/route.ts';

/** `GET /v1/fleet/scaling`: every pool with what it was decided from. */
export function scaling(deps: { fleet: FleetQueries }): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/fleet/scaling',
    operationId: 'getScaling',
    tag: 'Fleet',
    summary: 'How many workers each pool should have, and why',
    roles: ROLES.monitor,
    responses: { 200: { description: 'The advice now', content: { 'application/json': ScalingView } } },
    async handle({ response, bounded }) {
      sendJson(response, 200, { pools: await bounded(deps.fleet.scaling()) });
    },
  });
}

/** `GET /v1/fleet/scaling/{pool}`: one number, as KEDA's metrics-api scaler reads it. */
export function poolScaling(deps: { fleet: FleetQueries }): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/fleet/scaling/:pool',
    operationId: 'getPoolScaling',
    tag: 'Fleet',
    summary: 'How many workers one pool should have',
    roles: ROLES.monitor,
    params: { pool: { kind: 'pool', noun: 'pool', description: 'Name of the pool' } },
    responses: { 200: { description: 'Always a number', content: { 'application/json': DesiredReplicas } } },
    problems: ['NOT_FOUND'],
    async handle({ params, response, bounded }) {
      const pools = await bounded(deps.fleet.scaling());
      const found = pools.find(({ pool }) => pool === params['pool']);
      if (!found) throw notFound('pool');
      sendJson(response, 200, { desiredReplicas: found.desiredReplicas });
    },
  });
}
