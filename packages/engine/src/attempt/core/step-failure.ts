import { AppError } from '@pressroom/runtime';
import { HandedBackError, StepCrashedError, StepRefusedError, UncaughtStepError } from '../../engine-errors.ts';
import { topFrame } from './top-frame.ts';

/** A failed attempt as data, safe to store and to show: messages contain no prompts, replies, paths or keys. */
export interface StepFailure {
  code: string;
  message: string;
  retryable: boolean;
  /** Does it count towards the step's allowed failures? Open breakers, hand-backs and crashes do not. */
  counts: boolean;
  retryAfterMs: number;
  /** `refused`: this build cannot run the step. `crashed`: the child process that ran only this step crashed. */
  outcome: 'failed' | 'handed_back' | 'refused' | 'crashed';
  /** The worker crashes with it. After two such losses a step runs in a child process. */
  isLoss?: boolean;
  /** Name of the error's class. */
  errorClass?: string;
  /** Innermost frame of our own code, `file:function`. */
  topFrame?: string;
}

const NOT_COUNTED: ReadonlySet<string> = new Set(['BREAKER_OPEN']);

/** Carries a failure that another process has classified already. */
export class ReportedFailureError extends Error {
  readonly failure: StepFailure;

  constructor(failure: StepFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

function outcomeOf(error: AppError): StepFailure['outcome'] {
  if (error instanceof HandedBackError) return 'handed_back';
  if (error instanceof StepRefusedError) return 'refused';
  return error instanceof StepCrashedError ? 'crashed' : 'failed';
}

/**
 * Classifies the error of an attempt. An `AppError` states whether it is retryable. Any other error is a bug: retryable, since
 * most such bugs are transient (a race, a bad reply), and without its message, which may contain user data. Pure.
 */
export function toStepFailure(error: unknown): StepFailure {
  if (error instanceof ReportedFailureError) return error.failure;
  const frame = error instanceof Error ? topFrame(error.stack) : undefined;
  const origin = {
    ...(error instanceof Error && { errorClass: error.name.slice(0, 100) }),
    ...(frame !== undefined && { topFrame: frame }),
  };
  if (!AppError.is(error)) {
    const type = error instanceof Error ? error.name : typeof error;
    return {
      code: 'AGENT_BUG',
      message: `unexpected ${type}`,
      retryable: true,
      counts: true,
      retryAfterMs: 0,
      outcome: 'failed',
      ...origin,
    };
  }
  const outcome = outcomeOf(error);
  const isLoss = error instanceof UncaughtStepError || (error instanceof HandedBackError && error.isLoss);
  return {
    code: error.code,
    message: error.message.slice(0, 500),
    retryable: error.retryable,
    counts: outcome === 'failed' && !NOT_COUNTED.has(error.code),
    retryAfterMs: error.retryAfterMs ?? 0,
    outcome,
    ...(isLoss && { isLoss }),
    ...origin,
  };
}
