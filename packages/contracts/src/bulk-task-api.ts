import { z } from 'zod';

import { MAX_OPERATION_RATE_PER_SECOND, OperationReason } from './dead-letter-api.ts';
import { Instant } from './instant.ts';
import { Lane, TaskStatus, TaskType } from './vocabulary.ts';

/** Tasks that a bulk request may name one by one. */
export const MAX_BULK_IDS = 10_000;

/** Which tasks a bulk operation is about: those that match when it is asked for. What is left out matches everything. */
export const BulkTaskFilter = z.strictObject({
  status: z.union([TaskStatus, z.array(TaskStatus).min(1).max(8)]).optional(),
  type: TaskType.optional(),
  lane: Lane.optional(),
  tag: z.string().min(1).max(60).optional(),
  tenantId: z.uuid().optional(),
  createdAfter: Instant.optional(),
  createdBefore: Instant.optional(),
});
export type BulkTaskFilter = z.infer<typeof BulkTaskFilter>;

/** Body of `POST /tasks/cancel` and `POST /tasks/retry`. */
export const BulkTasks = z
  .strictObject({
    filter: BulkTaskFilter.optional(),
    ids: z.array(z.uuid()).min(1).max(MAX_BULK_IDS).optional(),
    /** Kept with the operation. */
    reason: OperationReason.optional(),
    ratePerSecond: z.number().positive().max(MAX_OPERATION_RATE_PER_SECOND).optional(),
    /** At most so many, the oldest first. */
    limit: z.int().min(1).max(10_000_000).optional(),
    /** Only count. */
    dryRun: z.boolean().optional(),
  })
  .refine(({ filter, ids }) => (filter === undefined) !== (ids === undefined), {
    path: ['filter'],
    message: 'give either filter or ids; an empty filter means every task of the tenant',
  });
export type BulkTasks = z.infer<typeof BulkTasks>;
