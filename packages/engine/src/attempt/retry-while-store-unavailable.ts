import { isConnectionFailure, RowLockedError } from '@pressroom/db';
import { type Clock, LeaseLostError, type Logger } from '@pressroom/runtime';

const RETRY_STORE_MS = 250;

/**
 * Runs `work`, and retries every 250 ms while the store is unavailable or another transaction locks the row. Each retry logs
 * `event`. Returns undefined when the lease is lost (`signal`), since the result could not be written any more.
 *
 * @throws every other error of `work` at once, since a retry could not succeed
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
