import { CancelResult } from '@pressroom/contracts';

import { notFound, RequestError } from '../errors/request-error.ts';
import { sendJson } from '../middleware/send.ts';
import type { TaskCommands } from '../ports.ts';
import { defineRoute, ROLES, type Route } from '../routing/route.ts';
import { param, TASK_ID } from './task-params.ts';

/** `POST /v1/tasks/{id}/cancel`. Any body is ignored: there is nothing to say but the id. */
export function cancelTask(deps: { commands: TaskCommands }): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/tasks/:id/cancel',
    operationId: 'cancelTask',
    tag: 'Tasks',
    summary: 'Cancel a task',
    description:
      'Running calls are aborted within seconds; what was spent stays on the ledger. Repeating it changes nothing.',
    roles: ROLES.operate,
    params: TASK_ID,
    responses: { 200: { description: 'Cancelled, now or earlier', content: { 'application/json': CancelResult } } },
    problems: ['TASK_ALREADY_FINISHED'],
    async handle({ response, params, principal, scope, bounded }) {
      const id = param(params, 'id');
      const outcome = await bounded(deps.commands.cancel(id, scope, principal));
      if (outcome.outcome === 'not_found') throw notFound('task');
      if (outcome.outcome === 'already_finished' && outcome.status !== 'cancelled') {
        throw new RequestError('TASK_ALREADY_FINISHED', `the task is ${outcome.status}`);
      }
      sendJson(response, 200, { id, status: outcome.status } satisfies CancelResult);
    },
  });
}
