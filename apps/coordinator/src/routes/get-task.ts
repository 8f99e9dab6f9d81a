import { TaskView } from '@pressroom/contracts';

import { notFound } from '../errors/request-error.ts';
import { sendJson } from '../middleware/send.ts';
import type { TaskQueries } from '../ports.ts';
import { defineRoute, ROLES, type Route } from '../routing/route.ts';
import { param, TASK_ID } from './task-params.ts';

/** `GET /v1/tasks/{id}`. */
export function getTask(deps: { queries: TaskQueries }): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/tasks/:id',
    operationId: 'getTask',
    tag: 'Tasks',
    summary: 'A task, its progress and its cost so far',
    roles: ROLES.view,
    params: TASK_ID,
    responses: { 200: { description: 'The task', content: { 'application/json': TaskView } } },
    async handle({ response, params, scope, bounded }) {
      const task = await bounded(deps.queries.get(param(params, 'id'), scope));
      if (task === undefined) throw notFound('task');
      sendJson(response, 200, task);
    },
  });
}
