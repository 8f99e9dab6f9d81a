import { describe, expect, it } from 'vitest';

import { createIsolatingBatcher } from './isolating-batcher.ts';

const OUTAGE = new Error('outage');

/** Doubles numbers; rejects any batch that contains a negative one, like a database. */
function doubling(failWith: (items: number[]) => Error | undefined) {
  const flushed: number[][] = [];
  const double = createIsolatingBatcher<number, number>(
    (items) => {
      flushed.push(items);
      const error = failWith(items);
      return error ? Promise.reject(error) : Promise.resolve(items.map((item) => item * 2));
    },
    { maxSize: 64, maxParallel: 1, isSharedFailure: (error) => error === OUTAGE },
  );
  return { double, flushed };
}
const refuseNegative = (items: number[]) => (items.some((item) => item < 0) ? new Error('rejected') : undefined);
const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

describe('createIsolatingBatcher', () => {
  it('flushes items that arrive together in one batch', async () => {
    const { double, flushed } = doubling(refuseNegative);
    expect(await Promise.all([1, 2, 3].map(double))).toEqual([2, 4, 6]);
    expect(flushed).toEqual([[1, 2, 3]]);
  });

  it('isolates one rejected item among 64 with 12 more flushes', async () => {
    for (const poison of [0, 17, 31, 32, 63]) {
      const { double, flushed } = doubling(refuseNegative);
      const items = range(64).map((n) => (n === poison ? -1 : n));
      const outcomes = await Promise.allSettled(items.map(double));
      expect(outcomes.map((outcome) => outcome.status)).toEqual(items.map((n) => (n < 0 ? 'rejected' : 'fulfilled')));
      expect(outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []))).toEqual(
        items.filter((n) => n >= 0).map((n) => n * 2),
      );
      expect(flushed).toHaveLength(1 + 12);
    }
  });

  it('commits every accepted item exactly once, for any positions of rejected ones', async () => {
    const committed: number[] = [];
    const { double } = doubling((items) => {
      const error = refuseNegative(items);
      if (!error) committed.push(...items);
      return error;
    });
    const items = range(50).map((n) => (n % 3 === 0 ? -1 - n : n));
    await Promise.allSettled(items.map(double));
    expect(committed).toEqual(items.filter((n) => n >= 0));
  });

  it('flushes a single rejected item only once', async () => {
    const { double, flushed } = doubling(refuseNegative);
    await expect(double(-1)).rejects.toThrow('rejected');
    expect(flushed).toEqual([[-1]]);
  });

  it('rejects the whole batch on a shared failure, without another flush', async () => {
    const { double, flushed } = doubling(() => OUTAGE);
    const outcomes = await Promise.allSettled([1, 2, 3].map(double));
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(flushed).toHaveLength(1);
  });

  it('stops splitting on a shared failure: committed items stay committed, the others are rejected', async () => {
    let flushes = 0;
    const { double } = doubling((items) => {
      flushes += 1;
      return flushes === 3 ? OUTAGE : refuseNegative(items);
    });
    const outcomes = await Promise.allSettled([1, 2, 3, -4].map(double));
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected']);
  });
});
