import { describe, expect, it } from 'vitest';
import { Failure } from '../../test/support/failure.ts';
import { isCallSpecific, isPermanent, tryOptional } from './try-optional.ts';

const context = { signal: new AbortController().signal };
const failing = (error: Error) => () => Promise.reject(error);

describe('tryOptional', () => {
  it('returns the value, or the failure as a value', async () => {
    await expect(tryOptional(context, () => Promise.resolve(1))).resolves.toEqual({ outcome: 'done', value: 1 });
    const error = new Failure('FETCH_FAILED', true);
    await expect(tryOptional(context, failing(error))).resolves.toEqual({ outcome: 'failed', error });
  });

  it.each(['LEASE_LOST', 'TASK_CANCELLED', 'TASK_DEADLINE_EXCEEDED'] as const)(
    'throws %s, for the attempt is over',
    async (code) => {
      await expect(tryOptional(context, failing(new Failure(code)))).rejects.toMatchObject({ code });
    },
  );

  it('throws any failure after the signal has aborted', async () => {
    const aborted = { signal: AbortSignal.abort() };
    await expect(tryOptional(aborted, failing(new Failure('FETCH_FAILED')))).rejects.toMatchObject({
      code: 'FETCH_FAILED',
    });
  });

  it('throws errors that are not an AppError', async () => {
    await expect(tryOptional(context, failing(new TypeError('x is undefined')))).rejects.toThrow(TypeError);
  });

  it.each([
    { code: 'PROVIDER_UNAVAILABLE', retryable: true, permanent: false, callSpecific: false },
    { code: 'BUDGET_EXHAUSTED', retryable: false, permanent: true, callSpecific: false },
    { code: 'OUTPUT_INVALID', retryable: true, permanent: true, callSpecific: true },
    { code: 'PROVIDER_REFUSED', retryable: false, permanent: true, callSpecific: true },
  ] as const)(
    'classifies $code as permanent: $permanent, call-specific: $callSpecific',
    ({ code, retryable, permanent, callSpecific }) => {
      const error = new Failure(code, retryable);
      expect(isPermanent(error)).toBe(permanent);
      expect(isCallSpecific(error)).toBe(callSpecific);
    },
  );

  it('throws errors that the caller does not tolerate', async () => {
    await expect(
      tryOptional(context, failing(new Failure('PROVIDER_UNAVAILABLE', true)), isPermanent),
    ).rejects.toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
    });
  });
});
