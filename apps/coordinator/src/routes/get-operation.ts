import { OperationView } from '@pressroom/contracts';

import { notFound } from '../errors/request-error.ts';
import { sendJson } from '../middleware/send.ts';
import type { Operations } from '../ports.ts';
import { defineRoute, ROLES, type Route } from '../routing/route.ts';
import { OPERATION_ID } from './dead-letter-params.ts';
import { param } from './task-params.ts';

/** `GET /v1/operations/{id}`. */
export function getOperation(deps: { operations: Operations }): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/operations/:id',
    operationId: 'getOperation',
    tag: 'Dead letters',
    summary: 'How far a bulk operation is',
    roles: ROLES.view,
    params: OPERATION_ID,
    responses: { 200: { description: 'The operation', content: { 'application/json': OperationView } } },
    async handle({ response, params, scope, bounded }) {
      const operation = await bounded(deps.operations.get(param(params, 'id'), scope));
      if (operation === undefined) throw notFound('operation');
      sendJson(response, 200, operation);
    },
  });
}
