import { z } from 'zod';

/** Payload of a queue job: ids only, so that the queue store stays small and disposable. */
export const StepJob = z.strictObject({
  taskId: z.uuid(),
  stepId: z.uuid(),
  /** The attempt of this job: acquiring it is a compare-and-set from `attempt - 1`. */
  attempt: z.int().min(1),
});
export type StepJob = z.infer<typeof StepJob>;
