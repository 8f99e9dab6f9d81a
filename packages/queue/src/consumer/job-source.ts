import type { QueueName } from '@pressroom/contracts';

/** A job as the store handed it out: its data is still unread text. */
export interface ClaimedJob {
  readonly id: string;
  readonly data: string;
}

export interface Claim {
  /** Absent when nothing is ready. */
  job: ClaimedJob | undefined;
  /** When the next delayed job is due, epoch milliseconds, if one is known. */
  nextAtMs: number | undefined;
}

/** What ended a wait: a wake-up, or nothing within the time; `nextAtMs` when it only announced a delayed job. */
export type Signal = { outcome: 'signalled' } | { outcome: 'delayed'; nextAtMs: number } | { outcome: 'timeout' };

/**
 * One queue as the consumer takes from it. Every method is bounded in time and rejects when the store does not answer;
 * a claim that was lost on the way back comes again when its lock is over.
 */
export interface JobSource {
  readonly queue: QueueName;
  /** Takes the first ready job, without waiting. `token` proves ownership from then on. */
  claim(token: string): Promise<Claim>;
  /** Ends a job for good and, in the same round trip, takes the next one with the same token. */
  complete(job: ClaimedJob, token: string, takeNext: boolean): Promise<Claim>;
  /** Extends locks; answers the ids whose lock is no longer ours. */
  renew(jobs: readonly { id: string; token: string }[]): Promise<string[]>;
  /** Hands jobs of dead consumers out again; answers how many. */
  recoverStalled(): Promise<number>;
  /** Waits until a job may be ready, at most `waitMs`. */
  wait(waitMs: number): Promise<Signal>;
  /** Gives a signal to another consumer. */
  returnSignal(): Promise<void>;
  /** Ends a wait that is under way. */
  interrupt(): Promise<void>;
  close(): Promise<void>;
}
