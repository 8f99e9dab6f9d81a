import { StoreUnavailableError } from '@pressroom/db';
import { LeaseLostError, silentLogger } from '@pressroom/runtime';
import { createTestClock } from '@pressroom/testkit';
import { describe, expect, it } from 'vitest';

import { retryWhileStoreUnavailable } from './retry-while-store-unavailable.ts';

const away = () => new StoreUnavailableError('the database is not reachable');

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

  it('asks again, with a pause, until the store answers', async () => {
    const { work, calls } = failing(3, away);
    const { clock, outcome } = start(work);
    await clock.advance(100);
    expect(calls()).toBe(1);
    await clock.advance(1_000);
    expect(await outcome).toBe('answer');
    expect(calls()).toBe(4);
  });

  it('throws at once what the store refuses', async () => {
    const { work, calls } = failing(1, () => new Error('duplicate key'));
    await expect(start(work).outcome).rejects.toThrow('duplicate key');
    expect(calls()).toBe(1);
  });

  it('gives up when the lease is lost: there is nothing left to wait for', async () => {
    const { work } = failing(Infinity, away);
    const controller = new AbortController();
    const { clock, outcome } = start(work, controller.signal);
    await clock.advance(500);
    controller.abort(new LeaseLostError('gone'));
    await clock.advance(500);
    expect(await outcome).toBeUndefined();
  });

  it('goes on waiting when the attempt was stopped for another reason: its outcome still counts', async () => {
    const { work } = failing(2, away);
    const { clock, outcome } = start(work, AbortSignal.abort(new Error('timed out')));
    await clock.advance(1_000);
    expect(await outcome).toBe('answer');
  });
});
