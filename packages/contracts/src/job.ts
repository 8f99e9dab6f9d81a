import { z } from 'zod';

/** What a queue job carries: ids only, so that the queue store stays small and disposable. */
export const StepJob = z.strictObject({
  taskId: z.uuid(),
  stepId: z.uuid(),
  /** The attempt this job is for: acquiring is a compare-and-set from `attempt - 1`. */
  attempt: z.int().min(1),
});
export type StepJob = z.infer<typeof StepJob>;
