import type { AdmittedSubmitOutcome, SubmitRequest, SubmitScheduled } from '@pressroom/engine';
import { canonicalJson, sha256Hex, type Clock } from '@pressroom/runtime';

import { parseTaskRequest } from '../core/parse-task-request.ts';
import type { PipelineRegistry } from '../ports.ts';

/**
 * Submits a schedule's task as a request sent now: it is validated again, because it may have become invalid since the
 * schedule was created.
 */
export function createSubmitScheduled(deps: {
  submit: (request: SubmitRequest) => Promise<AdmittedSubmitOutcome>;
  pipelines: PipelineRegistry;
  clock: Clock;
}): SubmitScheduled {
  return async ({ tenantId, task: body, idempotencyKey }) => {
    const context = { pipelines: deps.pipelines, mayHoldEscapes: true, nowMs: deps.clock.nowMs() };
    const { task, input } = parseTaskRequest(body, context);
    const idempotency = { key: idempotencyKey, bodyHash: sha256Hex(canonicalJson(body)) };
    const outcome = await deps.submit({ tenantId, task, input, idempotency });
    switch (outcome.outcome) {
      case 'accepted':
      case 'replayed':
        return { outcome: 'submitted', taskId: outcome.task.id };
      case 'backlog_full':
        return { outcome: 'later', error: { code: 'BACKLOG_FULL', message: "the tenant's backlog is full" } };
      case 'rate_limited':
        return { outcome: 'later', error: { code: 'RATE_LIMITED', message: 'the tenant submits faster than it may' } };
      case 'storage_full':
        return {
          outcome: 'later',
          error: { code: 'STORAGE_QUOTA_EXCEEDED', message: 'the tenant stores as many bytes as it may' },
        };
      case 'conflict':
        return {
          outcome: 'refused',
          error: { code: 'IDEMPOTENCY_CONFLICT', message: 'this fire has made another task already' },
        };
      case 'unknown_tenant':
        return { outcome: 'refused', error: { code: 'NOT_FOUND', message: 'the tenant is gone' } };
    }
  };
}
