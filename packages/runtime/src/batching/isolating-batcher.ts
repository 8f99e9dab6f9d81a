import { createBatcher } from './batcher.ts';

/**
 * Group commit in which a rejected item fails alone. A rejected batch is split in halves and flushed again until the
 * rejected items are isolated: one such item among n costs at most 2 log2 n flushes, n of them at most 2n - 1.
 *
 * @param flush must have no effect when it rejects with an error that is not shared
 * @param options.isSharedFailure errors that affect every item alike, such as an outage: they reject the whole batch
 *   without another flush
 */
export function createIsolatingBatcher<Item, Result>(
  flush: (items: Item[]) => Promise<readonly Result[]>,
  options: {
    maxSize: number;
    maxParallel: number;
    minConcurrentItems?: number;
    isSharedFailure: (error: unknown) => boolean;
  },
): (item: Item) => Promise<Result> {
  const { isSharedFailure, ...batching } = options;

  const flushIsolated = async (items: Item[]): Promise<PromiseSettledResult<Result>[]> => {
    try {
      const results = await flush(items);
      if (results.length !== items.length) {
        throw new RangeError(`a flush of ${items.length} items returned ${results.length} results`);
      }
      return results.map((value) => ({ status: 'fulfilled', value }));
    } catch (error) {
      if (items.length === 1 || isSharedFailure(error)) {
        return items.map(() => ({ status: 'rejected', reason: error }));
      }
      const middle = Math.ceil(items.length / 2);
      const firstHalf = await flushIsolated(items.slice(0, middle));
      return [...firstHalf, ...(await flushIsolated(items.slice(middle)))];
    }
  };

  const batch = createBatcher<Item, PromiseSettledResult<Result>>(flushIsolated, batching);
  return async (item) => {
    const outcome = await batch(item);
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  };
}
