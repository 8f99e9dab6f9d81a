import type { StepJob } from '@pressroom/contracts';
import type { JobsOptions } from 'bullmq';

/** One step attempt to dispatch. */
export interface StepDispatch {
  job: StepJob;
  /** 1 is the highest. */
  priority: number;
  delayMs?: number;
}

/** Name of every job; its purpose is in its data and its queue. */
export const JOB_NAME = 'step';

/** BullMQ's upper bound. */
const MAX_PRIORITY = 2_097_151;
/** Jobs contain ids only; a larger one is a bug in the caller. */
const MAX_DATA_BYTES = 512;

/**
 * The job id, which makes repeated dispatches idempotent: a waiting or running attempt is not added again. Must not contain
 * a colon.
 */
export const jobIdOf = (job: StepJob): string => `${job.stepId}-${job.attempt}`;

/**
 * Options of a job. Retries, backoff and dead letters belong to the engine, so the store never retries and keeps no
 * completed jobs. A priority below 1 would overtake all others and is raised to 1. Pure.
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
