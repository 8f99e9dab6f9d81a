import { AppError } from '@pressroom/runtime';

import { findValuePath } from '../core/find-value-path.ts';
import { invalid, RequestError } from '../errors/request-error.ts';

/** A store that refuses a value quotes it: the fault then names the field of the body that holds it. */
export async function withRefusedField<T>(body: unknown, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!AppError.is(error) || error.code !== 'VALIDATION_FAILED' || error instanceof RequestError) throw error;
    const { refusedText } = error as AppError & { refusedText?: string };
    const path = refusedText === undefined ? undefined : findValuePath(body, refusedText);
    throw invalid([{ path: path ?? '', message: error.message }]);
  }
}
