import { z } from 'zod';

import { MAX_OPERATION_RATE_PER_SECOND, OperationReason } from './dead-letter-api.ts';
import { Instant } from './instant.ts';
import { Lane, TaskStatus, TaskType } from './vocabulary.ts';

/** Maximum number of task ids in a bulk request. */
export const MAX_BULK_IDS = 10_000;

/** Filter of a bulk operation, evaluated at the time of the request. At least one condition is required. */
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
    /** Every task of the key's tenant; with an administrator's key, of all tenants. */
    all: z.literal(true).optional(),
    ids: z.array(z.uuid()).min(1).max(MAX_BULK_IDS).optional(),
    /** Stored with the operation. */
    reason: OperationReason.optional(),
    ratePerSecond: z.number().positive().max(MAX_OPERATION_RATE_PER_SECOND).optional(),
    /** Maximum number of tasks, oldest first. */
    limit: z.int().min(1).max(10_000_000).optional(),
    /** Dry run: only count. */
    dryRun: z.boolean().optional(),
  })
  .refine(({ filter, ids, all }) => [filter, ids, all].filter((choice) => choice !== undefined).length === 1, {
    path: ['filter'],
    message: 'give exactly one of filter, ids, or "all": true for every task',
  })
  .refine(({ filter }) => filter === undefined || Object.values(filter).some((condition) => condition !== undefined), {
    path: ['filter'],
    message: 'must have at least one condition; to take every task, send "all": true without a filter',
  });
export type BulkTasks = z.infer<typeof BulkTasks>;
