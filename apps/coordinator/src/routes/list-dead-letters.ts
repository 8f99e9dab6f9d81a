import { DeadLetterPage } from '@pressroom/contracts';

import { deadLetterSelection } from '../core/dead-letter-selection.ts';
import { DeadLettersQuery } from '../core/query-schemas.ts';
import { withOwnCursor } from '../middleware/own-cursor.ts';
import { sendJson } from '../middleware/send.ts';
import type { DeadLetterQueries } from '../ports.ts';
import { defineRoute, ROLES, type Route } from '../routing/route.ts';

/** `GET /v1/dead-letters`. */
export function listDeadLetters(deps: { deadLetters: DeadLetterQueries }): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/dead-letters',
    operationId: 'listDeadLetters',
    tag: 'Dead letters',
    summary: 'List dead letters',
    description:
      'Newest first. `q` searches message, code and step key: words, "quoted phrases", -without, or. Long texts of ' +
      'payloads are cut; read one dead letter to see all of them.',
    roles: ROLES.view,
    query: DeadLettersQuery,
    responses: { 200: { description: 'A page of dead letters', content: { 'application/json': DeadLetterPage } } },
    async handle({ response, principal, query, bounded }) {
      const { cursor, limit, ...filter } = query;
      const selection = deadLetterSelection(principal, filter);
      sendJson(response, 200, await withOwnCursor(bounded(deps.deadLetters.list(selection, { cursor, limit }))));
    },
  });
}
