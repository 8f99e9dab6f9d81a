import { isConnectionFailure, RowLockedError } from '@pressroom/db';
import { type Clock, LeaseLostError, type Logger } from '@pressroom/runtime';

const RETRY_STORE_MS = 250;

/**
 * Does `work` on the store, again and again while the store is away or another transaction holds the row. The lease protects what waits meanwhile: once it is
 * lost there is nothing to wait for, and the answer is undefined. What the store refuses is thrown at once: it would
 * refuse it for ever.
 */
export async function retryWhileStoreUnavailable<T>(
  work: () => Promise<T>,
  deps: { clock: Clock; log: Logger; event: string; signal?: AbortSignal },
): Promise<T | undefined> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isConnectionFailure(error) && !(error instanceof RowLockedError)) throw error;
      deps.log.warn({ err: error }, deps.event);
      if (deps.signal?.reason instanceof LeaseLostError) return undefined;
      await deps.clock.sleep(RETRY_STORE_MS);
    }
  }
}
