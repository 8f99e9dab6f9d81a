import { z } from 'zod';

/** A condition that an operator should look at. */
export const AlertView = z.object({
  id: z.uuid(),
  kind: z.string(),
  message: z.string(),
  /** Null for alerts that concern the whole installation. */
  tenantId: z.uuid().nullable(),
  data: z.record(z.string(), z.unknown()),
  createdAt: z.iso.datetime(),
});
export type AlertView = z.infer<typeof AlertView>;

export const AlertPage = z.object({ items: z.array(AlertView), nextCursor: z.string().nullable() });
export type AlertPage = z.infer<typeof AlertPage>;
