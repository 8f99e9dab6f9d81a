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

/** `POST /tasks/{id}/cancel`. Cancelling a cancelled task answers the same again. */
export const CancelResult = z.object({ id: z.uuid(), status: TaskStatus });
export type CancelResult = z.infer<typeof CancelResult>;

/** Tasks that one bulk submission may carry. */
export const MAX_BULK_TASKS = 1_000;

/** `POST /tasks/bulk`: one entry for each item sent, in the order sent; either `task` or `problem` is present. */
export const BulkResult = z.object({
  accepted: z.int(),
  rejected: z.int(),
  items: z.array(
    z.object({
      index: z.int(),
      /** The status the item alone would have been answered with. */
      status: z.int(),
      task: TaskAccepted.optional(),
      /** True when an earlier request with the same idempotency key had already made this task. */
      replayed: z.boolean().optional(),
      problem: Problem.optional(),
    }),
  ),
});
export type BulkResult = z.infer<typeof BulkResult>;
