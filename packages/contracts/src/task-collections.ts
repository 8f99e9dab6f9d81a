import { z } from 'zod';
import { Problem } from './problem.ts';
import { CallView, StepView, TaskAccepted } from './task-api.ts';
import { TaskStatus } from './vocabulary.ts';

/** `GET /tasks/{id}/steps`, in plan order. */
export const StepList = z.object({ items: z.array(StepView), nextCursor: z.string().nullable() });
export type StepList = z.infer<typeof StepList>;

/** `GET /tasks/{id}/calls`, oldest first. */
export const CallList = z.object({ items: z.array(CallView), nextCursor: z.string().nullable() });
export type CallList = z.infer<typeof CallList>;

/** `POST /tasks/{id}/cancel`. Idempotent. */
export const CancelResult = z.object({ id: z.uuid(), status: TaskStatus });
export type CancelResult = z.infer<typeof CancelResult>;

/** Maximum number of tasks in a bulk submission. */
export const MAX_BULK_TASKS = 1_000;

/** `POST /tasks/bulk`: one entry per item, in the order sent; either `task` or `problem` is present. */
export const BulkResult = z.object({
  accepted: z.int(),
  rejected: z.int(),
  items: z.array(
    z.object({
      index: z.int(),
      /** HTTP status that the item would have received alone. */
      status: z.int(),
      task: TaskAccepted.optional(),
      /** True when an earlier request with the same idempotency key created this task. */
      replayed: z.boolean().optional(),
      problem: Problem.optional(),
    }),
  ),
});
export type BulkResult = z.infer<typeof BulkResult>;
