import { AlertPage } from '@pressroom/contracts';

import { PageQuery } from '../core/query-schemas.ts';
import { withOwnCursor } from '../middleware/own-cursor.ts';
import { sendJson } from '../middleware/send.ts';
import type { AlertQueries } from '../ports.ts';
import { defineRoute, ROLES, type Route } from '../routing/route.ts';

/** `GET /v1/alerts`. */
export function alerts(deps: { alerts: AlertQueries }): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/alerts',
    operationId: 'listAlerts',
    tag: 'System',
    summary: 'Conditions that need attention',
    description: "Newest first. A tenant's key sees what concerns the tenant.",
    roles: ROLES.view,
    query: PageQuery,
    responses: { 200: { description: 'A page of alerts', content: { 'application/json': AlertPage } } },
    async handle({ response, scope, query: { cursor, limit }, bounded }) {
      sendJson(response, 200, await withOwnCursor(bounded(deps.alerts.list(scope, { cursor, limit }))));
    },
  });
}
