import { z } from 'zod';

export const WorkerView = z.object({
  id: z.string(),
  host: z.string(),
  pid: z.int(),
  pools: z.array(z.string()),
  concurrency: z.int(),
  active: z.int(),
  startedAt: z.iso.datetime(),
  lastSeenAt: z.iso.datetime(),
  version: z.string(),
});
export type WorkerView = z.infer<typeof WorkerView>;

export const QueueView = z.object({
  name: z.string(),
  waiting: z.int(),
  active: z.int(),
  delayed: z.int(),
  backlog: z.int(),
  oldestWaitMs: z.int(),
  paused: z.boolean(),
});
export type QueueView = z.infer<typeof QueueView>;

export const BreakerView = z.object({
  provider: z.string(),
  model: z.string(),
  state: z.enum(['closed', 'open', 'half_open']),
  openedAt: z.iso.datetime().optional(),
  failureRate: z.number(),
});
export type BreakerView = z.infer<typeof BreakerView>;

/** `GET /fleet`: what runs, what waits, what is broken. */
export const FleetView = z.object({
  workers: z.array(WorkerView),
  queues: z.array(QueueView),
  breakers: z.array(BreakerView),
});
export type FleetView = z.infer<typeof FleetView>;
