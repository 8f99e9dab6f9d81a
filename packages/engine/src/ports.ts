import type { Lane, QueueName, StepJob } from '@pressroom/contracts';
import type { Pipeline } from '@pressroom/pipelines';

/** The queue store, as a best-effort sink: the periodic sweeps add jobs that are missing. */
export interface JobSink {
  add(queue: QueueName, jobs: readonly { job: StepJob; priority: number }[]): Promise<unknown>;
}

/** Finds a task type by name and pinned version; undefined when this process does not know it. */
export type FindPipeline = (type: string, version?: number) => Pipeline | undefined;

/** The right to run one attempt. `run` releases it after the work, `release` without any. */
export interface AttemptSlot {
  /** @param work must not reject; its signal aborts when the process has to end */
  run(work: (signal: AbortSignal) => Promise<void>): Promise<void>;
  release(): void;
}

/** The worker's slots, for attempts that do not come from a job of the queue store. */
export interface AttemptSlots {
  /** Takes up to `most` free slots without waiting. */
  takeSlots(most: number): AttemptSlot[];
  /** Waits for a slot in the order of its lane; rejects with the signal's reason. */
  waitForSlot(lane: Lane, signal: AbortSignal): Promise<AttemptSlot>;
}
