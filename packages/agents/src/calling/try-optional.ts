import type { ErrorCode } from '@pressroom/contracts';
import { AppError } from '@pressroom/runtime';
import type { StepContext } from '../ports.ts';

export type Optional<T> = { outcome: 'done'; value: T } | { outcome: 'failed'; error: AppError };

/** The attempt itself is over: nothing may go on after these. */
const ENDS_ATTEMPT: ReadonlySet<ErrorCode> = new Set(['LEASE_LOST', 'TASK_CANCELLED', 'TASK_DEADLINE_EXCEEDED']);

/** The call's own content is at fault: other calls may do well, and the same call will not. */
const ABOUT_THE_CALL: ReadonlySet<ErrorCode> = new Set([
  'OUTPUT_INVALID',
  'PROVIDER_REFUSED',
  'PROVIDER_BAD_REQUEST',
  'CONTEXT_TOO_LONG',
]);

/** Tolerates what is wrong with one call, so that work of the same kind can go on without it. */
export const isAboutTheCall = (error: AppError): boolean => ABOUT_THE_CALL.has(error.code);

/** Tolerates what another attempt of the step would not get past either. */
export const isPermanent = (error: AppError): boolean => !error.retryable || ABOUT_THE_CALL.has(error.code);

/**
 * Runs something the step can do without and answers its failure as a value. Still throws when the attempt is over, on
 * what is not tolerated, and on anything that is no error of ours: that is a bug.
 *
 * @param tolerates everything, unless said otherwise
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
