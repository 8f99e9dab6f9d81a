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

/** One pool of `GET /fleet/scaling`: desired number of workers, and the reason. */
export const PoolScaling = z.object({
  pool: z.string(),
  queues: z.array(z.string()),
  /** False for a set of queues that live workers serve but the configuration does not define. */
  configured: z.boolean(),
  backlog: z.int(),
  oldestWaitMs: z.int(),
  inFlight: z.int(),
  ratePerMinute: z.number(),
  currentReplicas: z.int(),
  desiredReplicas: z.int(),
  minReplicas: z.int(),
  maxReplicas: z.int(),
  reason: z.string(),
  /** What keeps the pool below its load. */
  limitedBy: z.enum(['budget', 'max', 'provider']).optional(),
});
export type PoolScaling = z.infer<typeof PoolScaling>;

/** `GET /fleet/scaling`. */
export const ScalingView = z.object({ pools: z.array(PoolScaling) });
export type ScalingView = z.infer<typeof ScalingView>;

/** `GET /fleet/scaling/{pool}`: always a number. */
export const DesiredReplicas = z.object({ desiredReplicas: z.int() });
export type DesiredReplicas = z.infer<typeof DesiredReplicas>;

/** `GET /fleet`: workers, queues and breakers. */
export const FleetView = z.object({
  workers: z.array(WorkerView),
  queues: z.array(QueueView),
  breakers: z.array(BreakerView),
});
export type FleetView = z.infer<typeof FleetView>;
