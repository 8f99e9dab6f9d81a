import { isConnectionFailure } from '@pressroom/db';
import { createBatcher } from '@pressroom/runtime';

/**
 * Group commit in which one item that the database refuses does not take its neighbours with it: a refused batch is
 * flushed again item by item. An outage is everybody's, so it rejects the whole batch at once.
 *
 * @param flush must leave nothing behind when it rejects for another reason than the connection
 */
export function createIsolatingBatcher<Item, Result>(
  flush: (items: Item[]) => Promise<readonly Result[]>,
  options: { maxSize: number; maxParallel: number; minBeside?: number },
): (item: Item) => Promise<Result> {
  const flushEach = async (items: readonly Item[]): Promise<PromiseSettledResult<Result>[]> => {
    const outcomes: PromiseSettledResult<Result>[] = [];
    for (const item of items) {
      const [outcome] = await Promise.allSettled([flush([item]).then(([result]) => result as Result)]);
      outcomes.push(outcome);
    }
    return outcomes;
  };
  const batch = createBatcher<Item, PromiseSettledResult<Result>>(async (items) => {
    try {
      return (await flush(items)).map((value) => ({ status: 'fulfilled', value }));
    } catch (error) {
      if (items.length === 1 || isConnectionFailure(error)) throw error;
      return flushEach(items);
    }
  }, options);
  return async (item) => {
    const outcome = await batch(item);
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  };
}
