import { isConnectionFailure, RowLockedError } from '@pressroom/db';
import type { Clock, Logger } from '@pressroom/runtime';

/** Most items of one sweep. */
const BATCH = 200;
/** Pause of a locked task; locks are short. */
const LOCKED_PAUSE_MS = 2_000;
/** Pause of a task that failed for another reason, which is likely to fail again. */
const FAILED_PAUSE_MS = 30_000;
/** Most postponed tasks; beyond it the oldest are retried early. */
const MAX_POSTPONED = 1_000;

/**
 * Creates a sweep: it handles the items that `find` returns, one after the other. The task of a failed item is excluded from
 * the next queries for a while, so that it does not take the place of others. An outage of the database ends the sweep.
 *
 * @param deps.find returns at most `limit` items, fair among tenants, without those of the given tasks
 * @returns the sweep; it returns the number of handled items
 */
export function createSweep<Item extends { taskId: string }>(deps: {
  find: (limit: number, withoutTaskIds: readonly string[]) => Promise<readonly Item[]>;
  handle: (item: Item) => Promise<void>;
  clock: Clock;
  log: Logger;
}): () => Promise<number> {
  const { clock, log } = deps;
  /** Task → monotonic instant from which it is retried; in order of insertion. */
  const postponed = new Map<string, number>();

  const postpone = (taskId: string, pauseMs: number): void => {
    const [oldest] = postponed.keys();
    if (postponed.size >= MAX_POSTPONED && oldest !== undefined) postponed.delete(oldest);
    postponed.set(taskId, clock.monotonicMs() + pauseMs);
  };

  return async () => {
    for (const [taskId, untilMs] of postponed) if (untilMs <= clock.monotonicMs()) postponed.delete(taskId);
    let handled = 0;
    for (const item of await deps.find(BATCH, [...postponed.keys()])) {
      if (postponed.has(item.taskId)) continue;
      try {
        await deps.handle(item);
        handled += 1;
      } catch (error) {
        if (isConnectionFailure(error)) throw error;
        const isLocked = error instanceof RowLockedError;
        if (isLocked) log.warn({ taskId: item.taskId }, 'sweep.task_locked');
        else log.error({ err: error, taskId: item.taskId }, 'sweep.task_failed');
        postpone(item.taskId, isLocked ? LOCKED_PAUSE_MS : FAILED_PAUSE_MS);
      }
    }
    return handled;
  };
}
