import { StepList } from '@pressroom/contracts';

import { notFound } from '../errors/request-error.ts';
import { sendJson } from '../middleware/send.ts';
import type { TaskQueries } from '../ports.ts';
import { defineRoute, ROLES, type Route } from '../routing/route.ts';
import { param, TASK_ID } from './task-params.ts';

/** `GET /v1/tasks/{id}/steps`. */
export function taskSteps(deps: { queries: TaskQueries }): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/tasks/:id/steps',
    operationId: 'listSteps',
    tag: 'Tasks',
    summary: 'The steps of a task',
    roles: ROLES.view,
    params: TASK_ID,
    responses: { 200: { description: 'Every step planned so far', content: { 'application/json': StepList } } },
    async handle({ response, params, scope, bounded }) {
      const items = await bounded(deps.queries.steps(param(params, 'id'), scope));
      if (items === undefined) throw notFound('task');
      sendJson(response, 200, { items });
    },
  });
}
