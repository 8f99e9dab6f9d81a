import type { QueueName } from '@pressroom/contracts';
import type { IQueueBackend, Queue, Worker } from 'bullmq';

// BullMQ's classes are generic over data, backend and connection; here data is parsed where it is read.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type BullQueue = Queue<any, any, string, any, any, string, IQueueBackend, any>;
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type BullWorker = Worker<any, any, string, IQueueBackend, any, any>;

/** How fast a job whose consumer died is given to another. */
export interface LockTiming {
  /** A lock that is not renewed for so long is over. */
  lockDurationMs: number;
  /** How often locks are looked through. A dead consumer's job returns after the lock and up to two of these. */
  stalledIntervalMs: number;
}

/**
 * One store behind BullMQ, with the connections of this process. Everything above it is the same for both kinds.
 * Connections are made on first use and shared: PostgreSQL holds one for notifications and up to `poolSize` for
 * statements however many queues are opened; Redis one for producing, one for consuming and one per consumed queue.
 */
export interface QueueBackend {
  readonly kind: 'redis' | 'postgres';
  /**
   * Makes the store ready at start: checks that it is suitable, applies migrations. Idempotent, safe in many processes.
   *
   * @throws StoreUnsuitableError, QueueStoreUnavailableError
   */
  prepare(): Promise<void>;
  /** A queue to add to and to ask; the caller closes it. */
  openQueue(name: QueueName): BullQueue;
  /** A queue to take from, driven by hand; the caller closes it. */
  openWorker(name: QueueName, timing: LockTiming): BullWorker;
  /** Resolves as soon as commands would be sent rather than held back, false when that is not in sight. */
  canSend(withinMs: number): Promise<boolean>;
  /** Gives a wake-up that this process cannot use to another, where the store wakes only one. */
  returnSignal(worker: BullWorker): Promise<void>;
  /** Which of these queues hold active jobs, where asking that is cheaper than looking through each. */
  withActiveJobs(queues: readonly QueueName[]): Promise<readonly QueueName[]>;
  /** Which of these queues the store holds paused. */
  pausedAmong(queues: readonly QueueName[]): Promise<readonly QueueName[]>;
  /** How long one wait for a signal may last, in milliseconds. */
  readonly idleWaitMs: number;
  /** Told of errors, so that what was lost with the store (a schema) is made again before the next try. */
  noteError(error: unknown): void;
  /** Drops consuming connections that may be half dead; they come back by themselves. */
  reconnectConsumers(): void;
  /** Asks the store for a sign of life. */
  ping(timeoutMs: number): Promise<void>;
  close(): Promise<void>;
}
