import { z } from 'zod';
import { UsdAmountInput } from './money.ts';
import { TaskStatus, Tier } from './vocabulary.ts';

/** Body of `POST /tasks/{id}/retry`; every field may be left out. */
export const RetryTask = z.strictObject({
  /** Run this step again and everything that depends on it. Absent: whatever did not complete. */
  fromStep: z
    .string()
    .regex(/^[a-z0-9][\w.-]{0,99}$/i, 'must be the key of a step')
    .optional(),
  /** Tier of the step named by `fromStep`. */
  tier: Tier.optional(),
  /**
   * Make calls anew instead of reusing the finished ones. Default: only where `fromStep` names a step that had completed,
   * which with its own answers would come out the same.
   */
  resetCalls: z.boolean().optional(),
  /** The task's budget from now on, what it has spent included; more than it was. */
  budgetUsd: UsdAmountInput.optional(),
});
export type RetryTask = z.output<typeof RetryTask>;
/** What a client sends. */
export type RetryTaskRequest = z.input<typeof RetryTask>;

/** A task that has begun its next generation. */
export const TaskRestarted = z.object({
  id: z.uuid(),
  status: TaskStatus,
  generation: z.int(),
  /** Keys of the steps that run again. */
  restarted: z.array(z.string()),
  /** Keys of steps taken out of the plan: the step that had added them runs again and will add its own. */
  removed: z.array(z.string()),
});
export type TaskRestarted = z.infer<typeof TaskRestarted>;
