import { AuditPage } from '@pressroom/contracts';

import { AuditQuery } from '../core/query-schemas.ts';
import { requestedTenant } from '../core/requested-tenant.ts';
import { withOwnCursor } from '../middleware/own-cursor.ts';
import { sendJson } from '../middleware/send.ts';
import type { AuditQueries } from '../ports.ts';
import { defineRoute, ROLES, type Route } from '../routing/route.ts';

/** `GET /v1/audit`. */
export function audit(deps: { audit: AuditQueries }): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/audit',
    operationId: 'listAudit',
    tag: 'System',
    summary: 'Who did what',
    description:
      "Newest first. An administrator sees every action, a tenant's operator what was done to the tenant's objects.",
    roles: ROLES.operate,
    query: AuditQuery,
    responses: { 200: { description: 'A page of actions', content: { 'application/json': AuditPage } } },
    async handle({ response, principal, query, bounded }) {
      const { cursor, limit, tenantId, since, until, action, keyId, targetId } = query;
      const filter = {
        tenantId: requestedTenant(principal, tenantId),
        ...(action !== undefined && { action }),
        ...(keyId !== undefined && { keyId }),
        ...(targetId !== undefined && { targetId }),
        ...(since !== undefined && { since: new Date(since) }),
        ...(until !== undefined && { until: new Date(until) }),
      };
      sendJson(response, 200, await withOwnCursor(bounded(deps.audit.list(filter, { cursor, limit }))));
    },
  });
}
