import type { ErrorCode } from '@pressroom/contracts';
import { AppError } from '@pressroom/runtime';
import type { StepContext } from '../ports.ts';

export type Optional<T> = { outcome: 'done'; value: T } | { outcome: 'failed'; error: AppError };

/** These end the attempt: no work may continue after them. */
const ENDS_ATTEMPT: ReadonlySet<ErrorCode> = new Set(['LEASE_LOST', 'TASK_CANCELLED', 'TASK_DEADLINE_EXCEEDED']);

/** Caused by the content of one call: other calls may succeed, the same call will not. */
const CALL_SPECIFIC: ReadonlySet<ErrorCode> = new Set([
  'OUTPUT_INVALID',
  'PROVIDER_REFUSED',
  'PROVIDER_BAD_REQUEST',
  'CONTEXT_TOO_LONG',
]);

/** Tolerates errors of a single call, so that similar calls can continue without it. */
export const isCallSpecific = (error: AppError): boolean => CALL_SPECIFIC.has(error.code);

/** Tolerates errors that another attempt of the step would repeat. */
export const isPermanent = (error: AppError): boolean => !error.retryable || CALL_SPECIFIC.has(error.code);

/**
 * Runs optional work of a step and returns its failure as a value. Throws when the attempt has ended, on errors that are
 * not tolerated, and on any error that is not an AppError, which is a bug.
 *
 * @param tolerates defaults to every AppError
 */
export async function tryOptional<T>(
  context: Pick<StepContext, 'signal'>,
  run: () => Promise<T>,
  tolerates: (error: AppError) => boolean = () => true,
): Promise<Optional<T>> {
  try {
    return { outcome: 'done', value: await run() };
  } catch (error) {
    if (context.signal.aborted || !AppError.is(error) || ENDS_ATTEMPT.has(error.code) || !tolerates(error)) throw error;
    return { outcome: 'failed', error };
  }
}
