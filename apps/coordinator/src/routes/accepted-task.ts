import type { Problem, TaskAccepted } from '@pressroom/contracts';

import { invalid, RequestError } from '../errors/request-error.ts';
import type { Principal, SubmitOutcome } from '../ports.ts';

/** Where everything about a task is found. */
export function taskLinks(id: string): Record<string, string> {
  const self = `/v1/tasks/${id}`;
  return {
    self,
    result: `${self}/result`,
    steps: `${self}/steps`,
    calls: `${self}/calls`,
    events: `${self}/events`,
    cancel: `${self}/cancel`,
  };
}

/**
 * Tenant a submission is for. Null, which only an admin can reach, leaves the choice to the engine.
 * @throws {RequestError} FORBIDDEN when a tenant's key names another tenant
 */
export function submissionTenant(principal: Principal, requested: string | undefined): string | null {
  if (principal.role === 'admin') return requested?.toLowerCase() ?? principal.tenantId;
  if (requested !== undefined && requested.toLowerCase() !== principal.tenantId) {
    throw new RequestError('FORBIDDEN', 'only an admin key may submit for another tenant', {
      errors: [{ path: 'tenantId', message: 'is not the tenant of this key' }],
    });
  }
  return principal.tenantId;
}

/**
 * The answer for a submission's outcome.
 * @throws {RequestError} IDEMPOTENCY_CONFLICT, BACKLOG_FULL, RATE_LIMITED, STORAGE_QUOTA_EXCEEDED, VALIDATION_FAILED (unknown tenant)
 */
export function acceptedTask(outcome: SubmitOutcome): { accepted: TaskAccepted; replayed: boolean } {
  switch (outcome.outcome) {
    case 'accepted':
    case 'replayed': {
      const { id, status, generation, createdAt } = outcome.task;
      return {
        accepted: { id, status, generation, createdAt: createdAt.toISOString(), links: taskLinks(id) },
        replayed: outcome.outcome === 'replayed',
      };
    }
    case 'conflict':
      throw new RequestError('IDEMPOTENCY_CONFLICT', 'this Idempotency-Key was used with another body');
    case 'backlog_full':
      throw new RequestError('BACKLOG_FULL', "the tenant's backlog is full; try again later", {
        retryAfterMs: outcome.retryAfterMs,
        members: ofTenant('maxBacklog', outcome.limit),
      });
    case 'rate_limited':
      throw new RequestError('RATE_LIMITED', 'the tenant submits faster than it may; try again later', {
        retryAfterMs: outcome.retryAfterMs,
        members: ofTenant('rateLimitPerMinute', outcome.limit),
      });
    case 'storage_full':
      throw new RequestError(
        'STORAGE_QUOTA_EXCEEDED',
        `the tenant stores ${formatBytes(outcome.usedBytes)} of inputs and outputs and may store ` +
          `${formatBytes(outcome.limitBytes)}: delete the content of finished tasks (DELETE /v1/tasks/{id}), or ask an ` +
          'administrator to raise maxStorageBytes or to shorten the retention',
        { members: ofTenant('maxStorageBytes', outcome.limitBytes) },
      );
    case 'unknown_tenant':
      throw invalid([{ path: 'tenantId', message: 'names no tenant' }]);
  }
}

const ofTenant = (name: string, value: number | undefined): Pick<Problem, 'limit'> =>
  value === undefined ? {} : { limit: { name, scope: 'tenant', value } };

/** Exact below a megabyte: quotas so small are set to try them out. */
function formatBytes(bytes: number): string {
  if (bytes < 1e6) return `${bytes.toLocaleString('en')} bytes`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(3)} MB` : `${(bytes / 1e9).toFixed(3)} GB`;
}
