import type { StepJob } from '@pressroom/contracts';
import type { JobsOptions } from 'bullmq';

/** One step attempt to dispatch. */
export interface StepDispatch {
  job: StepJob;
  /** 1 is taken first. */
  priority: number;
  delayMs?: number;
}

/** Every job has this name; what it is for is in its data and its queue. */
export const JOB_NAME = 'step';

/** BullMQ's own upper bound. */
const MAX_PRIORITY = 2_097_151;
/** Ids only: what is larger is a mistake upstream. */
const MAX_DATA_BYTES = 512;

/**
 * The id that makes dispatching twice harmless: a waiting or running attempt is not added again. No colon may be in it.
 */
export const jobIdOf = (job: StepJob): string => `${job.stepId}-${job.attempt}`;

/**
 * Options of a job. Retries, backoff and dead letters are the engine's, so the store never tries again itself and keeps
 * nothing of what is done. A priority below 1 would overtake everything: it is raised to 1. Pure.
 */
export function jobOptions({ job, priority, delayMs = 0 }: StepDispatch): JobsOptions {
  return {
    jobId: jobIdOf(job),
    priority: Number.isFinite(priority) ? Math.min(MAX_PRIORITY, Math.max(1, Math.round(priority))) : MAX_PRIORITY,
    ...(delayMs > 0 && { delay: Math.ceil(delayMs) }),
    attempts: 1,
    removeOnComplete: true,
    removeOnFail: { age: 3_600, count: 100 },
    sizeLimit: MAX_DATA_BYTES,
  };
}
