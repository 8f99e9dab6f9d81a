import { z } from 'zod';

/** Response of `POST /queues/{name}/pause` and `/resume`: the queue after the change. */
export const QueueState = z.object({
  name: z.string(),
  paused: z.boolean(),
  /** When and with which key it was last paused or resumed; null if never. */
  changedAt: z.iso.datetime().nullable(),
  changedBy: z.string().nullable(),
});
export type QueueState = z.infer<typeof QueueState>;
