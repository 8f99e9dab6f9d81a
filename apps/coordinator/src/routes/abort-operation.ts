import { OperationView } from '@pressroom/contracts';

import { notFound } from '../errors/request-error.ts';
import { sendJson } from '../middleware/send.ts';
import type { Operations } from '../ports.ts';
import { defineRoute, ROLES, type Route } from '../routing/route.ts';
import { OPERATION_ID } from './dead-letter-params.ts';
import { param } from './task-params.ts';

/** `POST /v1/operations/{id}/abort`. Any body is ignored: there is nothing to say but the id. */
export function abortOperation(deps: { operations: Operations }): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/operations/:id/abort',
    operationId: 'abortOperation',
    tag: 'Dead letters',
    summary: 'Stop a bulk operation',
    description: 'Stops within a second; what was done stays done. Repeating it changes nothing.',
    roles: ROLES.operate,
    params: OPERATION_ID,
    responses: { 200: { description: 'The operation as it stands', content: { 'application/json': OperationView } } },
    async handle({ response, params, principal, scope, bounded }) {
      const operation = await bounded(deps.operations.abort(param(params, 'id'), scope, principal));
      if (operation === undefined) throw notFound('operation');
      sendJson(response, 200, operation);
    },
  });
}
