import { z } from 'zod';

export const OPERATION_KINDS = ['dead_letter.redrive', 'dead_letter.discard', 'task.cancel', 'task.retry'] as const;
export const OPERATION_STATUSES = ['running', 'done', 'aborted', 'failed'] as const;
export const OperationStatus = z.enum(OPERATION_STATUSES);
export type OperationStatus = z.infer<typeof OperationStatus>;

/** Response to a bulk request: the operation continues in the background. */
export const OperationAccepted = z.object({ operationId: z.uuid(), matched: z.int() });
export type OperationAccepted = z.infer<typeof OperationAccepted>;

/** Progress of a bulk operation. The status `failed` means that every item failed. */
export const OperationView = z.object({
  id: z.uuid(),
  kind: z.enum(OPERATION_KINDS),
  status: OperationStatus,
  dryRun: z.boolean(),
  filter: z.record(z.string(), z.unknown()),
  /** Items that matched the filter at the time of the request, at most `limit`. */
  matched: z.int(),
  done: z.int(),
  /** Failed items, such as a redrive of a task that is already running again. */
  failed: z.int(),
  ratePerSecond: z.number().nullable(),
  limit: z.int().nullable(),
  lastError: z.object({ code: z.string(), message: z.string() }).nullable(),
  createdBy: z.object({ keyId: z.string(), role: z.string() }),
  createdAt: z.iso.datetime(),
  startedAt: z.iso.datetime().nullable(),
  finishedAt: z.iso.datetime().nullable(),
});
export type OperationView = z.infer<typeof OperationView>;

/** `GET /operations`, newest first. */
export const OperationPage = z.object({ items: z.array(OperationView), nextCursor: z.string().nullable() });
export type OperationPage = z.infer<typeof OperationPage>;
