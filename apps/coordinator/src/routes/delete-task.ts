import { notFound, RequestError } from '../errors/request-error.ts';
import type { TaskQueries } from '../ports.ts';
import { defineRoute, ROLES, type Route } from '../routing/route.ts';
import { param, TASK_ID } from './task-params.ts';

/** `DELETE /v1/tasks/{id}`. */
export function deleteTask(deps: { queries: TaskQueries }): Route {
  return defineRoute({
    method: 'DELETE',
    path: '/v1/tasks/:id',
    operationId: 'deleteTask',
    tag: 'Tasks',
    summary: "Delete a finished task's content",
    description:
      'Removes input, prompts, replies and outputs. The task itself and its ledger entries stay, without content.',
    roles: ROLES.operate,
    params: TASK_ID,
    responses: { 204: { description: 'Deleted, now or earlier' } },
    problems: ['TASK_NOT_FINISHED'],
    async handle({ response, params, principal, scope, bounded }) {
      const outcome = await bounded(deps.queries.deleteContent(param(params, 'id'), scope, principal));
      if (outcome === 'not_found') throw notFound('task');
      if (outcome === 'not_finished')
        throw new RequestError('TASK_NOT_FINISHED', 'cancel the task first, or wait for its end');
      response.status(204).end();
    },
  });
}
