import { z } from 'zod';

/** One action of an operator. `action` is `<kind>.<verb>`, such as `task.cancel`. */
export const AuditEntryView = z.object({
  id: z.uuid(),
  at: z.iso.datetime(),
  keyId: z.string(),
  role: z.string(),
  /** Tenant of the target; null for targets without a tenant. */
  tenantId: z.uuid().nullable(),
  action: z.string(),
  target: z.object({ kind: z.string(), id: z.string() }),
  data: z.record(z.string(), z.unknown()),
});
export type AuditEntryView = z.infer<typeof AuditEntryView>;

export const AuditPage = z.object({ items: z.array(AuditEntryView), nextCursor: z.string().nullable() });
export type AuditPage = z.infer<typeof AuditPage>;
