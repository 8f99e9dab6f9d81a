import { AppError } from '@pressroom/runtime';

/** Why an attempt was stopped from outside. The first two are over: nothing of them may be settled. */
export class LeaseLostError extends AppError {
  readonly code = 'LEASE_LOST';
  readonly retryable = false;
}

/** The attempt, the step or the task has used up its time. */
export class StepTimedOutError extends AppError {
  readonly code = 'STEP_TIMED_OUT';
  readonly retryable = true;
}

/** The worker is draining and hands the step back; no failure is counted. */
export class HandedBackError extends AppError {
  readonly code = 'UNAVAILABLE';
  readonly retryable = true;
}

/** This build does not know the task's pipeline version. */
export class PipelineUnknownError extends AppError {
  readonly code = 'PIPELINE_UNKNOWN';
  readonly retryable = false;
}
