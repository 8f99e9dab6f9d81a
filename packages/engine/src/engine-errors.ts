import { AppError, type AppErrorOptions } from '@pressroom/runtime';

/** The attempt, the step or the task has used up its time. */
export class StepTimedOutError extends AppError {
  readonly code = 'STEP_TIMED_OUT';
  readonly retryable = true;
}

/** The worker hands the step back, without counting a failure. */
export class HandedBackError extends AppError {
  readonly code = 'UNAVAILABLE';
  readonly retryable = true;
  /** The process exits because of an unknown one of its steps: each of them counts a loss. */
  readonly isLoss: boolean;

  constructor(message: string, options: AppErrorOptions & { isLoss?: boolean } = {}) {
    super(message, options);
    this.isLoss = options.isLoss ?? false;
  }
}

/** This build cannot run the step, but a newer one may: the step is handed back without counting a failure. */
export abstract class StepRefusedError extends AppError {
  readonly retryable = true;
}

/** This build does not know the task's type or its pipeline version. */
export class PipelineUnknownError extends StepRefusedError {
  readonly code = 'PIPELINE_UNKNOWN';
}

/** This build has no such agent. */
export class AgentUnknownError extends StepRefusedError {
  readonly code = 'AGENT_UNKNOWN';
}

/** The child process of the attempt crashed: aborted, out of memory, killed, or blocked for too long. */
export class StepCrashedError extends AppError {
  readonly code = 'STEP_CRASHED';
  readonly retryable = true;
}

/** An uncaught error of the attempt. Counts as a failure and as a loss. */
export class UncaughtStepError extends AppError {
  readonly code = 'AGENT_BUG';
  readonly retryable = true;
}
