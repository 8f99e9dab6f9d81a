import { describe, expect, it } from 'vitest';
import { Failure } from '../../test/support/failure.ts';
import { isAboutTheCall, isPermanent, tryOptional } from './try-optional.ts';

const context = { signal: new AbortController().signal };
const failing = (error: Error) => () => Promise.reject(error);

describe('tryOptional', () => {
  it('answers the value, or the failure as a value', async () => {
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

  it('throws whatever fails once the signal has aborted', async () => {
    const aborted = { signal: AbortSignal.abort() };
    await expect(tryOptional(aborted, failing(new Failure('FETCH_FAILED')))).rejects.toMatchObject({
      code: 'FETCH_FAILED',
    });
  });

  it('throws bugs', async () => {
    await expect(tryOptional(context, failing(new TypeError('x is undefined')))).rejects.toThrow(TypeError);
  });

  it.each([
    { code: 'PROVIDER_UNAVAILABLE', retryable: true, permanent: false, aboutTheCall: false },
    { code: 'BUDGET_EXHAUSTED', retryable: false, permanent: true, aboutTheCall: false },
    { code: 'OUTPUT_INVALID', retryable: true, permanent: true, aboutTheCall: true },
    { code: 'PROVIDER_REFUSED', retryable: false, permanent: true, aboutTheCall: true },
  ] as const)('tells how far $code reaches', ({ code, retryable, permanent, aboutTheCall }) => {
    const error = new Failure(code, retryable);
    expect(isPermanent(error)).toBe(permanent);
    expect(isAboutTheCall(error)).toBe(aboutTheCall);
  });

  it('throws what its caller does not tolerate', async () => {
    await expect(
      tryOptional(context, failing(new Failure('PROVIDER_UNAVAILABLE', true)), isPermanent),
    ).rejects.toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
    });
  });
});
