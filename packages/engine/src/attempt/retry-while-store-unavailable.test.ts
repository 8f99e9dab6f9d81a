import { StoreUnavailableError } from '@pressroom/db';
import { LeaseLostError, silentLogger } from '@pressroom/runtime';
import { createTestClock } from '@pressroom/testkit';
import { describe, expect, it } from 'vitest';

import { retryWhileStoreUnavailable } from './retry-while-store-unavailable.ts';

const unavailable = () => new StoreUnavailableError('the database is not reachable');

function failing(times: number, error: () => Error) {
  let calls = 0;
  return {
    work: () => {
      calls += 1;
      return calls <= times ? Promise.reject(error()) : Promise.resolve('answer');
    },
    calls: () => calls,
  };
}

describe('retryWhileStoreUnavailable', () => {
  const start = (work: () => Promise<string>, signal?: AbortSignal) => {
    const clock = createTestClock();
    const outcome = retryWhileStoreUnavailable(work, {
      clock,
      log: silentLogger(),
      event: 'test.waits',
      ...(signal && { signal }),
    });
    return { clock, outcome };
  };

  it('retries with a pause until the store is available', async () => {
    const { work, calls } = failing(3, unavailable);
    const { clock, outcome } = start(work);
    await clock.advance(100);
    expect(calls()).toBe(1);
    await clock.advance(1_000);
    expect(await outcome).toBe('answer');
    expect(calls()).toBe(4);
  });

  it('throws at once when the store rejects the statement', async () => {
    const { work, calls } = failing(1, () => new Error('duplicate key'));
    await expect(start(work).outcome).rejects.toThrow('duplicate key');
    expect(calls()).toBe(1);
  });

  it('stops when the lease is lost', async () => {
    const { work } = failing(Infinity, unavailable);
    const controller = new AbortController();
    const { clock, outcome } = start(work, controller.signal);
    await clock.advance(500);
    controller.abort(new LeaseLostError('gone'));
    await clock.advance(500);
    expect(await outcome).toBeUndefined();
  });

  it('keeps retrying when the attempt was aborted for another reason, since its outcome must be recorded', async () => {
    const { work } = failing(2, unavailable);
    const { clock, outcome } = start(work, AbortSignal.abort(new Error('timed out')));
    await clock.advance(1_000);
    expect(await outcome).toBe('answer');
  });
});
