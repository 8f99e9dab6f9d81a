import { TaskPage } from '@pressroom/contracts';

import { openCursor, sealCursor } from '../core/page-cursor.ts';
import { ListTasksQuery } from '../core/query-schemas.ts';
import { RequestError } from '../errors/request-error.ts';
import { withOwnCursor } from '../middleware/own-cursor.ts';
import { sendJson } from '../middleware/send.ts';
import type { Principal, TaskFilter, TaskQueries } from '../ports.ts';
import { defineRoute, ROLES, type Route } from '../routing/route.ts';

/** `GET /v1/tasks`: newest first, by cursor. */
export function listTasks(deps: { queries: TaskQueries }): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/tasks',
    operationId: 'listTasks',
    tag: 'Tasks',
    summary: 'List tasks',
    description:
      'Newest first. Pass `nextCursor` of a page as `cursor` to get the next one; null means that it was the last.',
    roles: ROLES.view,
    query: ListTasksQuery,
    responses: { 200: { description: 'A page of tasks', content: { 'application/json': TaskPage } } },
    async handle({ response, principal, query, bounded }) {
      const filter = toFilter(principal, query);
      const list = { ...filter, createdAfter: query.createdAfter ?? null };
      const cursor = query.cursor === undefined ? undefined : openCursor(query.cursor, list);
      const listed = bounded(deps.queries.list(filter, { cursor, limit: query.limit }));
      const { items, nextCursor } = await withOwnCursor(listed);
      const page: TaskPage = { items, nextCursor: nextCursor === null ? null : sealCursor(nextCursor, list) };
      sendJson(response, 200, page);
    },
  });
}

function toFilter(principal: Principal, query: ListTasksQuery): TaskFilter {
  const { status, type, lane, tag, createdAfter } = query;
  const requested = query.tenantId?.toLowerCase();
  if (principal.role !== 'admin' && requested !== undefined && requested !== principal.tenantId) {
    throw new RequestError('FORBIDDEN', 'only an admin key may list the tasks of another tenant');
  }
  return {
    tenantId: principal.role === 'admin' ? (requested ?? null) : principal.tenantId,
    ...(status !== undefined && { status }),
    ...(type !== undefined && { type }),
    ...(lane !== undefined && { lane }),
    ...(tag !== undefined && { tag }),
    ...(createdAfter !== undefined && { createdAfter: new Date(createdAfter) }),
  };
}
