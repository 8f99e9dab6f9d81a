import { z } from 'zod';
import { UsdAmountInput } from './money.ts';
import { TaskStatus, Tier } from './vocabulary.ts';

/** Body of `POST /tasks/{id}/retry`; all fields are optional. */
export const RetryTask = z.strictObject({
  /** Run this step and all steps that depend on it again. Default: every step that did not complete. */
  fromStep: z
    .string()
    .regex(/^[a-z0-9][\w.-]{0,99}$/i, 'must be the key of a step')
    .optional(),
  /** Tier of the step named by `fromStep`. */
  tier: Tier.optional(),
  /**
   * Repeat calls instead of reusing the completed ones. Default: only if `fromStep` names a completed step, whose output would
   * otherwise be the same again.
   */
  resetCalls: z.boolean().optional(),
  /** The task's new budget, including what was spent; must exceed the old one. */
  budgetUsd: UsdAmountInput.optional(),
});
export type RetryTask = z.output<typeof RetryTask>;
/** Request body from clients, before defaults. */
export type RetryTaskRequest = z.input<typeof RetryTask>;

/** A task in its next generation. */
export const TaskRestarted = z.object({
  id: z.uuid(),
  status: TaskStatus,
  generation: z.int(),
  /** Keys of the steps that run again. */
  restarted: z.array(z.string()),
  /** Keys of steps removed from the plan: the step that added them runs again and adds new ones. */
  removed: z.array(z.string()),
});
export type TaskRestarted = z.infer<typeof TaskRestarted>;
