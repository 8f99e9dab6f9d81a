import { DeadLetterView, DiscardDeadLetter } from '@pressroom/contracts';

import { MAX_BODY_BYTES } from '../core/body-limits.ts';
import { restartProblem } from '../core/restart-problem.ts';
import { notFound } from '../errors/request-error.ts';
import { readJson } from '../middleware/read-json.ts';
import { sendJson } from '../middleware/send.ts';
import type { DeadLetterCommands, DeadLetterQueries } from '../ports.ts';
import { defineRoute, ROLES, type Route } from '../routing/route.ts';
import { DEAD_LETTER_ID } from './dead-letter-params.ts';
import { param } from './task-params.ts';

/** `POST /v1/dead-letters/{id}/discard`. */
export function discardDeadLetter(deps: {
  deadLetterCommands: DeadLetterCommands;
  deadLetters: DeadLetterQueries;
}): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/dead-letters/:id/discard',
    operationId: 'discardDeadLetter',
    tag: 'Dead letters',
    summary: 'Give a dead letter up',
    description: 'Ends it for good, with a reason. The task stays as it is.',
    roles: ROLES.operate,
    params: DEAD_LETTER_ID,
    body: { description: 'Why', content: { 'application/json': DiscardDeadLetter }, limitBytes: MAX_BODY_BYTES },
    responses: { 200: { description: 'Discarded', content: { 'application/json': DeadLetterView } } },
    problems: ['CONFLICT'],
    async handle({ request, response, params, principal, scope, bounded }) {
      const id = param(params, 'id');
      const { reason } = await readJson(request, DiscardDeadLetter);
      const outcome = await bounded(deps.deadLetterCommands.discard(id, scope, reason, principal));
      if (outcome.outcome === 'already_ended') throw restartProblem(outcome, 'dead letter');
      const deadLetter = outcome.outcome === 'discarded' ? await bounded(deps.deadLetters.get(id, scope)) : undefined;
      if (deadLetter === undefined) throw notFound('dead letter');
      sendJson(response, 200, deadLetter);
    },
  });
}
