import { DeadLetterGroupPage } from '@pressroom/contracts';

import { deadLetterSelection } from '../core/dead-letter-selection.ts';
import { DeadLettersQuery } from '../core/query-schemas.ts';
import { withOwnCursor } from '../middleware/own-cursor.ts';
import { sendJson } from '../middleware/send.ts';
import type { DeadLetterQueries } from '../ports.ts';
import { defineRoute, ROLES, type Route } from '../routing/route.ts';

/** `GET /v1/dead-letters/groups`. */
export function deadLetterGroups(deps: { deadLetters: DeadLetterQueries }): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/dead-letters/groups',
    operationId: 'listDeadLetterGroups',
    tag: 'Dead letters',
    summary: 'Dead letters by cause',
    description:
      'The most frequent cause first. Two dead letters have one cause when class and code of the error, the place in our ' +
      'code and the message without its names and numbers are the same.',
    roles: ROLES.view,
    query: DeadLettersQuery,
    responses: { 200: { description: 'A page of causes', content: { 'application/json': DeadLetterGroupPage } } },
    async handle({ response, principal, query, bounded }) {
      const { cursor, limit, ...filter } = query;
      const selection = deadLetterSelection(principal, filter);
      sendJson(response, 200, await withOwnCursor(bounded(deps.deadLetters.groups(selection, { cursor, limit }))));
    },
  });
}
