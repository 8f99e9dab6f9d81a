import { describe, expect, it } from 'vitest';

import { createBatcher } from './batcher.ts';

/** A flush whose batches are recorded and completed by the test. */
function manualFlush() {
  const batches: { items: number[]; resolve: (results: number[]) => void; reject: (error: Error) => void }[] = [];
  const flush = (items: number[]) =>
    new Promise<number[]>((resolve, reject) => {
      batches.push({ items, resolve, reject });
    });
  return { batches, flush };
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

describe('createBatcher', () => {
  it('flushes a single item immediately and resolves it with its result', async () => {
    const add = createBatcher((items: number[]) => Promise.resolve(items.map((item) => item * 2)), {
      maxSize: 10,
      maxParallel: 1,
    });
    await expect(add(21)).resolves.toBe(42);
  });

  it('collects items that arrive during a flush into the next batch', async () => {
    const { batches, flush } = manualFlush();
    const add = createBatcher(flush, { maxSize: 10, maxParallel: 1 });
    const first = add(1);
    await nextTurn();
    const later = [add(2), add(3), add(4)];
    await nextTurn();
    expect(batches.map(({ items }) => items)).toEqual([[1]]);
    batches[0]?.resolve([10]);
    await first;
    await nextTurn();
    expect(batches.map(({ items }) => items)).toEqual([[1], [2, 3, 4]]);
    batches[1]?.resolve([20, 30, 40]);
    await expect(Promise.all(later)).resolves.toEqual([20, 30, 40]);
  });

  it('limits the size of batches and the number of concurrent flushes', async () => {
    const { batches, flush } = manualFlush();
    const add = createBatcher(flush, { maxSize: 2, maxParallel: 2 });
    const all = [1, 2, 3, 4, 5].map((item) => add(item));
    await nextTurn();
    expect(batches.map(({ items }) => items)).toEqual([
      [1, 2],
      [3, 4],
    ]);
    batches[0]?.resolve([1, 2]);
    batches[1]?.resolve([3, 4]);
    await Promise.all(all.slice(0, 4));
    await nextTurn();
    expect(batches[2]?.items).toEqual([5]);
    batches[2]?.resolve([5]);
    await expect(Promise.all(all)).resolves.toEqual([1, 2, 3, 4, 5]);
  });

  it('starts a concurrent flush only for enough items, and the next flush for any number', async () => {
    const { batches, flush } = manualFlush();
    const add = createBatcher(flush, { maxSize: 10, maxParallel: 2, minConcurrentItems: 3 });
    const first = add(1);
    await nextTurn();
    const few = [add(2), add(3)];
    await nextTurn();
    expect(batches.map(({ items }) => items)).toEqual([[1]]);
    const enough = add(4);
    await nextTurn();
    expect(batches.map(({ items }) => items)).toEqual([[1], [2, 3, 4]]);
    const last = add(5);
    batches[0]?.resolve([1]);
    await first;
    await nextTurn();
    expect(batches).toHaveLength(2);
    batches[1]?.resolve([2, 3, 4]);
    await Promise.all([...few, enough]);
    await nextTurn();
    expect(batches[2]?.items).toEqual([5]);
    batches[2]?.resolve([5]);
    await last;
  });

  it('rejects every item of a failed batch and continues with the next', async () => {
    const { batches, flush } = manualFlush();
    const add = createBatcher(flush, { maxSize: 2, maxParallel: 1 });
    const [a, b, c] = [add(1), add(2), add(3)];
    const rejected = Promise.allSettled([a, b]);
    await nextTurn();
    batches[0]?.reject(new Error('commit failed'));
    expect((await rejected).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await nextTurn();
    batches[1]?.resolve([30]);
    await expect(c).resolves.toBe(30);
  });

  it('rejects the items when the flush returns a different number of results', async () => {
    const add = createBatcher(() => Promise.resolve([]), { maxSize: 2, maxParallel: 1 });
    await expect(add(1)).rejects.toThrow('returned 0 results');
  });
});
