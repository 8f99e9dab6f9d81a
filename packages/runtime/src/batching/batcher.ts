/**
 * Group commit: collects items that arrive during a flush and flushes them together. An item waits only while `maxParallel`
 * flushes run, never on a timer, so a single item is flushed immediately.
 *
 * @param flush receives 1 to `maxSize` items and returns one result per item, in order; a rejection rejects every item
 * @param options.minConcurrentItems waiting items that justify a concurrent flush; fewer wait for the running one, because
 *   small batches cost more per item than they save in latency. Default: 1
 */
export function createBatcher<Item, Result>(
  flush: (items: Item[]) => Promise<readonly Result[]>,
  options: { maxSize: number; maxParallel: number; minConcurrentItems?: number },
): (item: Item) => Promise<Result> {
  interface Waiting {
    item: Item;
    resolve: (result: Result) => void;
    reject: (error: unknown) => void;
  }
  let waiting: Waiting[] = [];
  let running = 0;
  let scheduled = false;

  const run = async (batch: Waiting[]): Promise<void> => {
    running += 1;
    try {
      const results = await flush(batch.map((entry) => entry.item));
      if (results.length !== batch.length) {
        throw new Error(`a flush of ${batch.length} items returned ${results.length} results`);
      }
      batch.forEach((entry, index) => {
        entry.resolve(results[index] as Result);
      });
    } catch (error) {
      for (const entry of batch) entry.reject(error);
    } finally {
      running -= 1;
      schedule();
    }
  };

  const mayFlush = (): boolean =>
    waiting.length > 0 &&
    (running === 0 || (running < options.maxParallel && waiting.length >= (options.minConcurrentItems ?? 1)));

  const drain = (): void => {
    scheduled = false;
    while (mayFlush()) {
      const batch = waiting.slice(0, options.maxSize);
      waiting = waiting.slice(options.maxSize);
      void run(batch);
    }
  };

  const schedule = (): void => {
    if (scheduled || !mayFlush()) return;
    scheduled = true;
    setImmediate(drain);
  };

  return (item) =>
    new Promise<Result>((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      schedule();
    });
}
