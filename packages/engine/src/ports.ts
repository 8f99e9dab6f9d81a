import type { QueueName, StepJob } from '@pressroom/contracts';
import type { Pipeline } from '@pressroom/pipelines';

/** The queue store as the engine needs it: a best-effort sink. Whatever is not added is found by the sweeps. */
export interface JobSink {
  add(queue: QueueName, jobs: readonly { job: StepJob; priority: number }[]): Promise<unknown>;
}

/** Task types by name and pinned version; undefined when this process does not know it. */
export type FindPipeline = (type: string, version?: number) => Pipeline | undefined;
