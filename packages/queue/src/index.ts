export {
  createQueueBackend,
  type LockTiming,
  type QueueBackend,
  type QueueBackendConfig,
  type QueueStoreConfig,
} from './backend/queue-backend.ts';
export { createProducer, type AddOutcome, type Producer } from './producer.ts';
export { jobIdOf, type StepDispatch } from './job-options.ts';
export { createConsumer, type Consumer, type ConsumerOptions } from './consumer/consumer.ts';
export type { JobHandler, MalformedJob } from './consumer/run-job.ts';
export { DEFAULT_LANE_SHARES, type LaneShares } from './consumer/lane-order.ts';
export { createQueueAdmin, type QueueAdmin, type QueueCounts } from './queue-admin.ts';
export { parsePools, PoolSpecError } from './pools.ts';
export { QueueStoreUnavailableError, StoreUnsuitableError } from './store-errors.ts';
