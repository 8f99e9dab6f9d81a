import { CallList } from '@pressroom/contracts';

import { TaskItemsQuery } from '../core/query-schemas.ts';
import { notFound } from '../errors/request-error.ts';
import { readSealedPage } from '../middleware/sealed-page.ts';
import { sendJson } from '../middleware/send.ts';
import type { PageRequest, TaskQueries } from '../ports.ts';
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
    query: TaskItemsQuery,
    responses: {
      200: { description: 'A page of ledger entries, oldest first', content: { 'application/json': CallList } },
    },
    async handle({ response, params, scope, query, bounded }) {
      const id = param(params, 'id');
      const read = (wanted: PageRequest) => bounded(deps.queries.calls(id, scope, wanted));
      const page = await readSealedPage({ list: 'calls', taskId: id }, query, read);
      if (page === undefined) throw notFound('task');
      sendJson(response, 200, page satisfies CallList);
    },
  });
}
