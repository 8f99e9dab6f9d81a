import { describe, expect, it } from 'vitest';

import { createIsolatingBatcher } from './create-isolating-batcher.ts';

/** Doubles numbers; refuses any batch with a negative one, as a database does. */
function doubling(failWith: (items: number[]) => Error | undefined) {
  const flushed: number[][] = [];
  const double = createIsolatingBatcher<number, number>(
    (items) => {
      flushed.push(items);
      const error = failWith(items);
      return error ? Promise.reject(error) : Promise.resolve(items.map((item) => item * 2));
    },
    { maxSize: 64, maxParallel: 1 },
  );
  return { double, flushed };
}
const refuseNegative = (items: number[]) => (items.some((item) => item < 0) ? new Error('refused') : undefined);

describe('createIsolatingBatcher', () => {
  it('flushes together what comes together', async () => {
    const { double, flushed } = doubling(refuseNegative);
    expect(await Promise.all([1, 2, 3].map(double))).toEqual([2, 4, 6]);
    expect(flushed).toEqual([[1, 2, 3]]);
  });

  it('lets one refused item fail alone', async () => {
    const { double } = doubling(refuseNegative);
    const outcomes = await Promise.allSettled([1, -2, 3].map(double));
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(outcomes[2]).toEqual({ status: 'fulfilled', value: 6 });
  });

  it('tries a refused item that came alone no second time', async () => {
    const { double, flushed } = doubling(refuseNegative);
    await expect(double(-1)).rejects.toThrow('refused');
    expect(flushed).toEqual([[-1]]);
  });

  it('tells everybody at once about an outage, without asking for each of them', async () => {
    const { double, flushed } = doubling(() => Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
    const outcomes = await Promise.allSettled([1, 2, 3].map(double));
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(flushed).toHaveLength(1);
  });
});
