import type { Lane, QueueName, StepJob } from '@pressroom/contracts';
import type { Pipeline } from '@pressroom/pipelines';

/** The queue store as the engine needs it: a best-effort sink. Whatever is not added is found by the sweeps. */
export interface JobSink {
  add(queue: QueueName, jobs: readonly { job: StepJob; priority: number }[]): Promise<unknown>;
}

/** Task types by name and pinned version; undefined when this process does not know it. */
export type FindPipeline = (type: string, version?: number) => Pipeline | undefined;

/** The right to run one attempt; `run` gives it back, as `release` does without any work. */
export interface AttemptSlot {
  /** @param work never rejects; its signal aborts when the process has to end */
  run(work: (signal: AbortSignal) => Promise<void>): Promise<void>;
  release(): void;
}

/** The worker's concurrency, for attempts that come by another way than a job of the queue store. */
export interface AttemptSlots {
  /** Up to `most` slots that are free now. */
  takeSlots(most: number): AttemptSlot[];
  /** Waits for a slot in the turn of its lane; rejects with the signal's reason. */
  waitForSlot(lane: Lane, signal: AbortSignal): Promise<AttemptSlot>;
}
