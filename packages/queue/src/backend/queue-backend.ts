import type { QueueName } from '@pressroom/contracts';
import type { IQueueBackend, Queue, Worker } from 'bullmq';

// BullMQ's classes are generic over data, backend and connection; data is parsed where it is read.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type BullQueue = Queue<any, any, string, any, any, string, IQueueBackend, any>;
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type BullWorker = Worker<any, any, string, IQueueBackend, any, any>;

/** Timing of the redelivery of a crashed consumer's job. */
export interface LockTiming {
  /** Lifetime of a lock that is not renewed. */
  lockDurationMs: number;
  /** Interval between checks for stalled jobs. A job is redelivered after the lock's lifetime plus up to two intervals. */
  stalledIntervalMs: number;
}

/**
 * A queue store behind BullMQ, with the connections of this process. Connections are opened on first use and shared:
 * PostgreSQL uses one for notifications and up to `poolSize` for statements, independent of the number of queues; Redis uses one
 * for producing, one for consuming and one per consumed queue.
 */
export interface QueueBackend {
  readonly kind: 'redis' | 'postgres';
  /**
   * Prepares the store at start: checks that it is suitable and applies migrations. Idempotent, safe in many processes.
   *
   * @throws StoreUnsuitableError, QueueStoreUnavailableError
   */
  prepare(): Promise<void>;
  /** Opens a queue for adding jobs and for queries; the caller closes it. */
  openQueue(name: QueueName): BullQueue;
  /** Opens a queue for consuming, without BullMQ's worker loop; the caller closes it. */
  openWorker(name: QueueName, timing: LockTiming): BullWorker;
  /** Resolves with true once commands can be sent, with false if they cannot within `withinMs`. */
  canSend(withinMs: number): Promise<boolean>;
  /** Passes an unused wake-up to another consumer, for stores that wake only one. */
  returnSignal(worker: BullWorker): Promise<void>;
  /** Filters the queues with active jobs, if the store can do that cheaply; otherwise returns all. */
  withActiveJobs(queues: readonly QueueName[]): Promise<readonly QueueName[]>;
  /** Filters the queues that are paused in the store. */
  pausedAmong(queues: readonly QueueName[]): Promise<readonly QueueName[]>;
  /** Maximum duration of one wait for a signal, in milliseconds. */
  readonly idleWaitMs: number;
  /** Records an error, so that a lost schema is created again before the next operation. */
  noteError(error: unknown): void;
  /** Drops consuming connections that may be half-open; they reconnect automatically. */
  reconnectConsumers(): void;
  /** Checks that the store responds. */
  ping(timeoutMs: number): Promise<void>;
  close(): Promise<void>;
}
