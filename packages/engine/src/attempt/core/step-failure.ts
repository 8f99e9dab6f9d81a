import { AppError } from '@pressroom/runtime';
import { HandedBackError } from '../../engine-errors.ts';
import { topFrame } from './top-frame.ts';

/** A failed attempt as data, safe to store and show: no prompt, reply, path or key is ever in a message of ours. */
export interface StepFailure {
  code: string;
  message: string;
  retryable: boolean;
  /** False for what is nobody's fault at this step: an open breaker, a hand-back. */
  counts: boolean;
  retryAfterMs: number;
  outcome: 'failed' | 'handed_back';
  /** Name of the error's class. */
  errorClass?: string;
  /** Where our own code gave up, `file:function`. */
  topFrame?: string;
}

const NOT_COUNTED: ReadonlySet<string> = new Set(['BREAKER_OPEN']);

/**
 * Turns whatever an attempt threw into a failure. Our own errors say themselves whether they may be retried; anything
 * else is a bug, retried because most bugs of this kind pass (a race, a bad reply), and its message stays inside.
 */
export function toStepFailure(error: unknown): StepFailure {
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
  const handedBack = error instanceof HandedBackError;
  return {
    code: error.code,
    message: error.message.slice(0, 500),
    retryable: error.retryable,
    counts: !handedBack && !NOT_COUNTED.has(error.code),
    retryAfterMs: error.retryAfterMs ?? 0,
    outcome: handedBack ? 'handed_back' : 'failed',
    ...origin,
  };
}
