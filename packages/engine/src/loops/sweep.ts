import { isConnectionFailure, RowLockedError } from '@pressroom/db';
import type { Clock, Logger } from '@pressroom/runtime';

/** Items of one sweep. */
const BATCH = 200;
/** A locked task is soon free. */
const LOCKED_PAUSE_MS = 2_000;
/** What fails for another reason is likely to fail again. */
const FAILED_PAUSE_MS = 30_000;
/** Beyond it the oldest are tried again early. */
const MAX_POSTPONED = 1_000;

/**
 * Handles what a query finds, one item after the other. An item that fails is left out of the next queries for a while, so
 * that failing items never take up the places of others. An outage of the database ends the sweep.
 *
 * @param find answers at most `limit` items, fair among tenants, without those of the tasks given
 * @returns how many items were handled
 */
export function createSweep<Item extends { taskId: string }>(deps: {
  find: (limit: number, withoutTaskIds: readonly string[]) => Promise<readonly Item[]>;
  handle: (item: Item) => Promise<void>;
  clock: Clock;
  log: Logger;
}): () => Promise<number> {
  const { clock, log } = deps;
  /** Task → monotonic instant from which it is tried again; in order of entry. */
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
