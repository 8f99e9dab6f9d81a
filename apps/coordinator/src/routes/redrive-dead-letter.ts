import { RedriveDeadLetter, TaskRestarted } from '@pressroom/contracts';

import { MAX_BODY_BYTES } from '../core/body-limits.ts';
import { restartProblem } from '../core/restart-problem.ts';
import { readOptionalJson } from '../middleware/read-json.ts';
import { sendJson } from '../middleware/send.ts';
import type { DeadLetterCommands } from '../ports.ts';
import { defineRoute, ROLES, type Route } from '../routing/route.ts';
import { DEAD_LETTER_ID } from './dead-letter-params.ts';
import { param } from './task-params.ts';

/** `POST /v1/dead-letters/{id}/redrive`. */
export function redriveDeadLetter(deps: { deadLetterCommands: DeadLetterCommands }): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/dead-letters/:id/redrive',
    operationId: 'redriveDeadLetter',
    tag: 'Dead letters',
    summary: 'Run a dead step again',
    description:
      'Begins the next generation of its task, in which every step that did not complete runs again; their dead letters ' +
      'are answered with it. Finished work, finished calls and the priority of the task are kept, and the step stands in ' +
      'line behind what waits already. Only a task that has ended can begin again. ' +
      'A task out of budget needs `budgetUsd`, larger than before.',
    roles: ROLES.operate,
    params: DEAD_LETTER_ID,
    body: {
      description: 'What to change; may be left out',
      content: { 'application/json': RedriveDeadLetter },
      limitBytes: MAX_BODY_BYTES,
    },
    responses: {
      202: { description: 'The next generation has started', content: { 'application/json': TaskRestarted } },
    },
    problems: ['CONFLICT'],
    async handle({ request, response, params, principal, scope, bounded }) {
      const body = await readOptionalJson(request, RedriveDeadLetter);
      const outcome = await bounded(deps.deadLetterCommands.redrive(param(params, 'id'), scope, body, principal));
      if (outcome.outcome !== 'restarted') throw restartProblem(outcome, 'dead letter');
      const { taskId, generation, restarted, removed } = outcome;
      sendJson(response, 202, { id: taskId, status: 'queued', generation, restarted, removed } satisfies TaskRestarted);
    },
  });
}
