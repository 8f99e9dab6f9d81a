import { DeadLetterView } from '@pressroom/contracts';

import { notFound } from '../errors/request-error.ts';
import { sendJson } from '../middleware/send.ts';
import type { DeadLetterQueries } from '../ports.ts';
import { defineRoute, ROLES, type Route } from '../routing/route.ts';
import { DEAD_LETTER_ID } from './dead-letter-params.ts';
import { param } from './task-params.ts';

/** `GET /v1/dead-letters/{id}`. */
export function getDeadLetter(deps: { deadLetters: DeadLetterQueries }): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/dead-letters/:id',
    operationId: 'getDeadLetter',
    tag: 'Dead letters',
    summary: 'One dead letter with all that its step was given',
    description: 'Its `payload` is the document that the `patch` of a redrive applies to.',
    roles: ROLES.view,
    params: DEAD_LETTER_ID,
    responses: { 200: { description: 'The dead letter', content: { 'application/json': DeadLetterView } } },
    async handle({ response, params, scope, bounded }) {
      const deadLetter = await bounded(deps.deadLetters.get(param(params, 'id'), scope));
      if (deadLetter === undefined) throw notFound('dead letter');
      sendJson(response, 200, deadLetter);
    },
  });
}
