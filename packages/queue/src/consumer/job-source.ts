import type { QueueName } from '@pressroom/contracts';

/** A claimed job; its data is unparsed text. */
export interface ClaimedJob {
  readonly id: string;
  readonly data: string;
}

export interface Claim {
  /** Absent when nothing is ready. */
  job: ClaimedJob | undefined;
  /** Due time of the next delayed job, epoch milliseconds, if known. */
  nextAtMs: number | undefined;
}

/** Result of a wait: a wake-up, a delayed job due at `nextAtMs`, or nothing within the time. */
export type Signal = { outcome: 'signalled' } | { outcome: 'delayed'; nextAtMs: number } | { outcome: 'timeout' };

/**
 * A queue as seen by the consumer. Every method is bounded in time and rejects when the store does not respond. A claim
 * whose response was lost is redelivered when its lock expires.
 */
export interface JobSource {
  readonly queue: QueueName;
  /** Claims the first ready job, without waiting. `token` proves ownership from then on. */
  claim(token: string): Promise<Claim>;
  /** Completes a job and, in the same round trip, claims the next one with the same token. */
  complete(job: ClaimedJob, token: string, takeNext: boolean): Promise<Claim>;
  /** Extends locks; returns the ids of jobs whose lock was lost. */
  renew(jobs: readonly { id: string; token: string }[]): Promise<string[]>;
  /** Redelivers the jobs of crashed consumers; returns their number. */
  recoverStalled(): Promise<number>;
  /** Waits until a job may be ready, at most `waitMs`. */
  wait(waitMs: number): Promise<Signal>;
  /** Passes a signal to another consumer. */
  returnSignal(): Promise<void>;
  /** Ends a pending wait. */
  interrupt(): Promise<void>;
  close(): Promise<void>;
}
