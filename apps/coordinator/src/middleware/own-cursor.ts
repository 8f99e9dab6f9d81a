import { AppError } from '@pressroom/runtime';

import { invalid, RequestError } from '../errors/request-error.ts';

/** Only a store knows whether a well-formed cursor is one of its own; its refusal becomes a fault of the request. */
export async function withOwnCursor<T>(page: Promise<T>): Promise<T> {
  try {
    return await page;
  } catch (error) {
    if (!AppError.is(error) || error.code !== 'VALIDATION_FAILED' || error instanceof RequestError) throw error;
    throw invalid([{ path: 'cursor', message: 'must be a nextCursor of an earlier page' }]);
  }
}
