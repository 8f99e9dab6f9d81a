import type { AdmittedSubmitOutcome, SubmitRequest, TaskRestarts, TaskTransitions } from '@pressroom/engine';
import type { TaskCommands } from '../ports.ts';

/** The engine's commands as the API wants them: with the tenant resolved. */
export function createTaskCommands(deps: {
  submit: (request: SubmitRequest) => Promise<AdmittedSubmitOutcome>;
  transitions: TaskTransitions;
  restarts: TaskRestarts;
  /** Tenant of requests whose key belongs to none and that name none. */
  defaultTenantId: string;
}): TaskCommands {
  return {
    submit: ({ tenantId, task, input, idempotency }) =>
      deps.submit({ tenantId: tenantId ?? deps.defaultTenantId, task, input, idempotency }),
    cancel: (taskId, tenantId, { keyId, role }) => deps.transitions.cancel(taskId, tenantId, { keyId, role }),
    retry: (taskId, tenantId, request, { keyId, role }) =>
      deps.restarts.retry(taskId, tenantId, request, { keyId, role }),
  };
}
