import { BulkRedrive, OperationAccepted } from '@pressroom/contracts';

import { MAX_BODY_BYTES } from '../core/body-limits.ts';
import { deadLetterSelection } from '../core/dead-letter-selection.ts';
import { readJson } from '../middleware/read-json.ts';
import { sendJson } from '../middleware/send.ts';
import type { DeadLetterCommands } from '../ports.ts';
import { defineRoute, ROLES, type Route } from '../routing/route.ts';

/** `POST /v1/dead-letters/redrive`. */
export function bulkRedrive(deps: { deadLetterCommands: DeadLetterCommands }): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/dead-letters/redrive',
    operationId: 'redriveDeadLetters',
    tag: 'Dead letters',
    summary: 'Run many dead steps again',
    description:
      'Takes the open dead letters that match now, oldest first, at the requested rate (default 50 a second); steps that fail ' +
      'again meanwhile are not retried. An empty `filter` is refused; `"all": true` takes every one. Follow it with ' +
      '`GET /v1/operations/{id}`. With `dryRun` it only counts.',
    roles: ROLES.operate,
    body: {
      description: 'Which ones, how fast, and what to change',
      content: { 'application/json': BulkRedrive },
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
      const { filter = {}, ratePerSecond, limit, dryRun = false, ...changes } = await readJson(request, BulkRedrive);
      const { patch, tier, resetCalls } = changes;
      const selection = deadLetterSelection(principal, filter);
      const accepted = await bounded(
        deps.deadLetterCommands.redriveAll(
          { selection, ratePerSecond, limit, dryRun },
          { patch, tier, resetCalls },
          principal,
        ),
      );
      response.setHeader('Location', `/v1/operations/${accepted.operationId}`);
      sendJson(response, 202, accepted satisfies OperationAccepted);
    },
  });
}
