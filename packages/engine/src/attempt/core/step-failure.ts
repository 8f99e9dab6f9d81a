import { AppError } from '@pressroom/runtime';
import { HandedBackError, StepCrashedError, StepRefusedError, UncaughtStepError } from '../../engine-errors.ts';
import { topFrame } from './top-frame.ts';

/** A failed attempt as data, safe to store and show: no prompt, reply, path or key is ever in a message of ours. */
export interface StepFailure {
  code: string;
  message: string;
  retryable: boolean;
  /** Does it use up one of the step's allowed failures? An open breaker, a hand-back and a dead process do not. */
  counts: boolean;
  retryAfterMs: number;
  /** `refused`: this build cannot run the step. `crashed`: the process that ran it alone died. */
  outcome: 'failed' | 'handed_back' | 'refused' | 'crashed';
  /** The worker dies with it: a step that has had two such losses runs in a process of its own. */
  isLoss?: boolean;
  /** Name of the error's class. */
  errorClass?: string;
  /** Where our own code gave up, `file:function`. */
  topFrame?: string;
}

const NOT_COUNTED: ReadonlySet<string> = new Set(['BREAKER_OPEN']);

/** Carries a failure that another process has described already. */
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
 * Turns whatever an attempt threw into a failure. Our own errors say themselves whether they may be retried; anything
 * else is a bug, retried because most bugs of this kind pass (a race, a bad reply), and its message stays inside.
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
