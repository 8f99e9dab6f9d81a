import type { AccessStore } from '@pressroom/db';
import type { createSubmitter, TaskTransitions } from '@pressroom/engine';
import type { TaskCommands } from '../ports.ts';

/** The engine's commands as the API wants them: with the tenant resolved. */
export function createTaskCommands(deps: {
  submit: ReturnType<typeof createSubmitter>;
  transitions: TaskTransitions;
  access: AccessStore;
  /** Tenant of requests whose key belongs to none and that name none. */
  defaultTenantId: string;
}): TaskCommands {
  /** Tenants are few and never renamed: existence is remembered, absence is not. */
  const known = new Set<string>([deps.defaultTenantId]);
  const exists = async (tenantId: string): Promise<boolean> => {
    if (known.has(tenantId)) return true;
    const found = await deps.access.tenantExists(tenantId);
    if (found) known.add(tenantId);
    return found;
  };
  return {
    async submit({ tenantId, task, input, idempotency }) {
      const owner = tenantId ?? deps.defaultTenantId;
      if (!(await exists(owner))) return { outcome: 'unknown_tenant' };
      return deps.submit({ tenantId: owner, task, input, idempotency });
    },
    cancel: (taskId, tenantId) => deps.transitions.cancel(taskId, tenantId),
  };
}
