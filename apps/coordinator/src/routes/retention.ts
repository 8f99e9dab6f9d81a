import { RetentionView } from '@pressroom/contracts';

import { RetentionQuery } from '../core/query-schemas.ts';
import { sendJson } from '../middleware/send.ts';
import type { RetentionQueries } from '../ports.ts';
import { defineRoute, ROLES, type Route } from '../routing/route.ts';

/** `GET /v1/retention`. */
export function retention(deps: { retention: RetentionQueries }): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/retention',
    operationId: 'getRetention',
    tag: 'System',
    summary: 'What retention would remove now',
    description:
      'A dry run: for every active rule the rows that are due, the oldest of them, and what the rule removed so far. ' +
      'Rules that are switched off in the configuration are not listed. Settings in the query, such as `contentDays=90`, are ' +
      'used instead of the configured ones for this answer alone; `null` switches a rule off.',
    roles: ROLES.admin,
    query: RetentionQuery,
    responses: { 200: { description: 'The rules', content: { 'application/json': RetentionView } } },
    async handle({ response, query, bounded }) {
      sendJson(response, 200, (await bounded(deps.retention.preview(query))) satisfies RetentionView);
    },
  });
}
