import { CreateTask, TaskAccepted } from '@pressroom/contracts';
import { canonicalJson, sha256Hex, type Clock } from '@pressroom/runtime';

import { MAX_BODY_BYTES } from '../core/body-limits.ts';
import { parseIdempotencyKey, singleTaskKey } from '../core/idempotency-key.ts';
import { parseTaskRequest } from '../core/parse-task-request.ts';
import { mayHoldEscapes, parseJson, readBody } from '../middleware/read-body.ts';
import { withRefusedField } from '../middleware/refused-field.ts';
import { sendJson } from '../middleware/send.ts';
import type { PipelineRegistry, TaskCommands } from '../ports.ts';
import { defineRoute, ROLES, type Route } from '../routing/route.ts';
import { acceptedTask, submissionTenant } from './accepted-task.ts';

const MEDIA_TYPES = ['application/json'];

/** `POST /v1/tasks`. The hot path: one parse, one pass over the shape, one schema, one store call. */
export function submitTask(deps: { commands: TaskCommands; pipelines: PipelineRegistry; clock: Clock }): Route {
  return defineRoute({
    method: 'POST',
    path: '/v1/tasks',
    operationId: 'createTask',
    tag: 'Tasks',
    summary: 'Submit a task',
    description:
      'Accepts a content task and plans it. Once answered with 202 the task cannot be lost. Send an `Idempotency-Key` to ' +
      'make repeating the request safe: the same key with the same body gives the same answer.',
    roles: ROLES.submit,
    headers: { 'Idempotency-Key': 'Up to 255 visible ASCII characters that name this request, unique per tenant' },
    body: {
      description: 'The task. `input` follows the schema of its type, see `GET /v1/task-types`',
      content: { 'application/json': CreateTask },
      limitBytes: MAX_BODY_BYTES,
    },
    responses: {
      202: {
        description: 'Accepted',
        content: { 'application/json': TaskAccepted },
        headers: {
          Location: 'Path of the task',
          'Idempotent-Replayed': '`true` when an earlier request with this key had already made the task',
        },
      },
    },
    problems: ['UNKNOWN_TASK_TYPE', 'IDEMPOTENCY_CONFLICT', 'BACKLOG_FULL', 'RATE_LIMITED', 'STORAGE_QUOTA_EXCEEDED'],
    async handle({ request, response, principal, bounded }) {
      const key = parseIdempotencyKey(request.get('idempotency-key'));
      const bytes = await readBody(request, MEDIA_TYPES, MAX_BODY_BYTES);
      const body = parseJson(bytes);
      const { task, input } = parseTaskRequest(body, {
        pipelines: deps.pipelines,
        mayHoldEscapes: mayHoldEscapes(bytes),
        nowMs: deps.clock.nowMs(),
      });
      const submission = deps.commands.submit({
        tenantId: submissionTenant(principal, task.tenantId),
        task,
        input,
        idempotency:
          key === undefined ? undefined : { ...singleTaskKey(key), bodyHash: sha256Hex(canonicalJson(body)) },
      });
      const outcome = await withRefusedField({ ...task, input }, bounded(submission));
      const { accepted, replayed } = acceptedTask(outcome);
      response.setHeader('Location', `/v1/tasks/${accepted.id}`);
      if (replayed) response.setHeader('Idempotent-Replayed', 'true');
      sendJson(response, 202, accepted);
    },
  });
}
