import { OperationPage } from '@pressroom/contracts';

import { PageQuery } from '../core/query-schemas.ts';
import { withOwnCursor } from '../middleware/own-cursor.ts';
import { sendJson } from '../middleware/send.ts';
import type { Operations } from '../ports.ts';
import { defineRoute, ROLES, type Route } from '../routing/route.ts';

/** `GET /v1/operations`. */
export function listOperations(deps: { operations: Operations }): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/operations',
    operationId: 'listOperations',
    tag: 'Dead letters',
    summary: 'List bulk operations',
    description: 'Newest first; ended ones are kept as long as ended dead letters.',
    roles: ROLES.view,
    query: PageQuery,
    responses: { 200: { description: 'A page of operations', content: { 'application/json': OperationPage } } },
    async handle({ response, scope, query: { cursor, limit }, bounded }) {
      sendJson(response, 200, await withOwnCursor(bounded(deps.operations.list(scope, { cursor, limit }))));
    },
  });
}
