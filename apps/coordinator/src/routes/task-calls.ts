import { CallList } from '@pressroom/contracts';

import { notFound } from '../errors/request-error.ts';
import { sendJson } from '../middleware/send.ts';
import type { TaskQueries } from '../ports.ts';
import { defineRoute, ROLES, type Route } from '../routing/route.ts';
import { param, TASK_ID } from './task-params.ts';

/** `GET /v1/tasks/{id}/calls`. */
export function taskCalls(deps: { queries: TaskQueries }): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/tasks/:id/calls',
    operationId: 'listCalls',
    tag: 'Tasks',
    summary: 'What a task paid, call by call',
    roles: ROLES.view,
    params: TASK_ID,
    responses: { 200: { description: 'Ledger entries, oldest first', content: { 'application/json': CallList } } },
    async handle({ response, params, scope, bounded }) {
      const items = await bounded(deps.queries.calls(param(params, 'id'), scope));
      if (items === undefined) throw notFound('task');
      sendJson(response, 200, { items });
    },
  });
}
