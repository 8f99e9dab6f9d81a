import { RetryTask, TaskRestarted } from '@pressroom/contracts';

import { MAX_BODY_BYTES } from '../core/body-limits.ts';
import { restartProblem } from '../core/restart-problem.ts';
import { readOptionalJson } from '../middleware/read-json.ts';
import { sendJson } from '../middleware/send.ts';
import type { TaskCommands } from '../ports.ts';
import { defineRoute, ROLES, type Route } from '../routing/route.ts';
import { param, TASK_ID } from './task-params.ts';

/** `POST /v1/tasks/{id}/retry`. */
export function retryTask(deps: { commands: TaskCommands }): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/tasks/:id/retry',
    operationId: 'retryTask',
    tag: 'Tasks',
    summary: 'Run a finished task again from a step',
    description:
      'Begins the next generation: the named step and everything that depends on it, or without one whatever did not ' +
      'complete. Other finished work is kept, and so are finished calls, which are not paid again. The whole time of the ' +
      'task is set again; its events continue in the same stream. ' +
      'A task out of budget needs `budgetUsd`, larger than before. The result of the generation before is no longer served ' +
      'once the next one has started.',
    roles: ROLES.operate,
    params: TASK_ID,
    body: {
      description: 'Where to begin; may be left out',
      content: { 'application/json': RetryTask },
      limitBytes: MAX_BODY_BYTES,
    },
    responses: {
      202: { description: 'The next generation has started', content: { 'application/json': TaskRestarted } },
    },
    problems: ['CONFLICT'],
    async handle({ request, response, params, principal, scope, bounded }) {
      const body = await readOptionalJson(request, RetryTask);
      const outcome = await bounded(deps.commands.retry(param(params, 'id'), scope, body, principal));
      if (outcome.outcome !== 'restarted') throw restartProblem(outcome, 'task');
      const { taskId, generation, restarted, removed } = outcome;
      sendJson(response, 202, { id: taskId, status: 'queued', generation, restarted, removed } satisfies TaskRestarted);
    },
  });
}
