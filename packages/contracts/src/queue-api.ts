import { z } from 'zod';

/** `POST /queues/{name}/pause` and `/resume`: the queue after it. */
export const QueueState = z.object({
  name: z.string(),
  paused: z.boolean(),
  /** When it was last paused or resumed, and with which key; null for a queue that never was. */
  changedAt: z.iso.datetime().nullable(),
  changedBy: z.string().nullable(),
});
export type QueueState = z.infer<typeof QueueState>;
