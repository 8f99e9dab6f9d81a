import { bounded } from '@pressroom/runtime';

import { RequestError } from '../errors/request-error.ts';

/** Waits for a store on behalf of one request. */
export type StoreBound = <T>(call: Promise<T>) => Promise<T>;

/**
 * Bounds all store calls of one request together, so that a request that makes three still answers in time.
 * What was started continues: a submission that timed out may yet be committed, which is what idempotency keys are for.
 *
 * @param deadlineMs answers the monotonic instant at which waiting ends
 * @throws {RequestError} UNAVAILABLE from the returned function
 */
export function createStoreBound(deadlineMs: () => number, monotonicMs: () => number): StoreBound {
  return (call) => bounded(call, Math.max(0, deadlineMs() - monotonicMs()), timedOut);
}

const timedOut = (): RequestError =>
  new RequestError('UNAVAILABLE', 'a store did not answer in time; try again', { retryAfterMs: 2_000 });
