import { BulkTasks, OperationAccepted } from '@pressroom/contracts';

import { MAX_BODY_BYTES } from '../core/body-limits.ts';
import { requestedTenant } from '../core/requested-tenant.ts';
import { readJson } from '../middleware/read-json.ts';
import { sendJson } from '../middleware/send.ts';
import type { BulkTaskCommands } from '../ports.ts';
import { defineRoute, ROLES, type Route } from '../routing/route.ts';

interface Deps {
  bulkTasks: BulkTaskCommands;
}

/** `POST /v1/tasks/cancel`. */
export const bulkCancelTasks = (deps: Deps): Route =>
  bulkRoute(deps, {
    kind: 'task.cancel',
    path: '/v1/tasks/cancel',
    operationId: 'cancelTasks',
    summary: 'Cancel many tasks',
    description:
      'Takes the unfinished tasks that match now, oldest first; running calls are aborted within seconds. Tasks that have ' +
      'been cancelled meanwhile count as done, tasks that finished as failed. Follow it with `GET /v1/operations/{id}`. ' +
      'With `dryRun` it only counts.',
  });

/** `POST /v1/tasks/retry`. */
export const bulkRetryTasks = (deps: Deps): Route =>
  bulkRoute(deps, {
    kind: 'task.retry',
    path: '/v1/tasks/retry',
    operationId: 'retryTasks',
    summary: 'Run many tasks again',
    description:
      'Takes the failed, partial and cancelled tasks that match now, oldest first, and runs whatever of each did not ' +
      'complete. It pauses while the open tasks of a tenant fill half of its backlog. Follow it with ' +
      '`GET /v1/operations/{id}`. With `dryRun` it only counts.',
  });

function bulkRoute(
  deps: Deps,
  route: {
    kind: 'task.cancel' | 'task.retry';
    path: string;
    operationId: string;
    summary: string;
    description: string;
  },
): Route {
  const { kind, ...documented } = route;
  return defineRoute({
    ...documented,
    method: 'POST',
    tag: 'Tasks',
    roles: ROLES.operate,
    body: {
      description: 'Which ones, by filter or by id, and how fast',
      content: { 'application/json': BulkTasks },
      limitBytes: MAX_BODY_BYTES,
    },
    responses: {
      202: {
        description: 'Under way',
        content: { 'application/json': OperationAccepted },
        headers: { Location: 'Path of the operation' },
      },
    },
    async handle({ request, response, principal, bounded }) {
      const { filter = {}, ids, reason, ratePerSecond, limit, dryRun = false } = await readJson(request, BulkTasks);
      const { tenantId, status, ...narrowing } = filter;
      const selection = {
        ...narrowing,
        tenantId: requestedTenant(principal, tenantId),
        ...(ids && { ids: ids.map((id) => id.toLowerCase()) }),
        ...(status && { status: Array.isArray(status) ? status : [status] }),
      };
      const wanted = { selection, reason, ratePerSecond, limit, dryRun };
      const accepted = await bounded(deps.bulkTasks.begin(kind, wanted, principal));
      response.setHeader('Location', `/v1/operations/${accepted.operationId}`);
      sendJson(response, 202, accepted satisfies OperationAccepted);
    },
  });
}
