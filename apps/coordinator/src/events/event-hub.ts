import type { TaskEvent } from '@pressroom/contracts';
import { errorMessage, type Clock, type Logger } from '@pressroom/runtime';

import type { EventFeed } from '../ports.ts';

/** Pause between polls. With the query's own time an event reaches its stream within a quarter of a second. */
const POLL_INTERVAL_MS = 150;
const MAX_BACKOFF_MS = 1_000;
/** Tasks one query asks about; more are asked in turn. */
const TASKS_PER_POLL = 500;

export interface Subscriber {
  /** Called in order, each event once. After `last` nothing follows. */
  deliver(event: TaskEvent, last: boolean): void;
  /** The process is going down; the client should reconnect elsewhere. */
  shutdown(): void;
}

export interface EventHub {
  /** Delivers events after `afterSeq` until the returned function is called, the last event is delivered, or `close`. */
  subscribe(taskId: string, afterSeq: number, subscriber: Subscriber): () => void;
  readonly subscriberCount: number;
  readonly isClosed: boolean;
  /** Ends every subscription. Idempotent. */
  close(): void;
}

interface Subscription {
  taskId: string;
  cursor: number;
  subscriber: Subscriber;
}

/**
 * One poller per process for all streams: it asks for the events of every watched task together, from the oldest cursor of
 * each, so the cost does not grow with the number of people who watch the same task. It rests while nobody watches, and an
 * outage of the store only delays events, for they are read by sequence.
 */
export function createEventHub(deps: {
  feed: EventFeed;
  clock: Clock;
  log: Logger;
  pollIntervalMs?: number;
}): EventHub {
  const { feed, clock, log } = deps;
  const intervalMs = deps.pollIntervalMs ?? POLL_INTERVAL_MS;
  const byTask = new Map<string, Set<Subscription>>();
  const closing = new AbortController();
  let count = 0;
  let polling = false;

  const remove = (subscription: Subscription): void => {
    const watchers = byTask.get(subscription.taskId);
    if (watchers?.delete(subscription) !== true) return;
    count -= 1;
    if (watchers.size === 0) byTask.delete(subscription.taskId);
  };

  const pollChunk = async (taskIds: readonly string[]): Promise<void> => {
    const cursors = new Map<string, number>();
    for (const taskId of taskIds) {
      const watchers = byTask.get(taskId);
      if (watchers !== undefined) cursors.set(taskId, Math.min(...Array.from(watchers, (watcher) => watcher.cursor)));
    }
    if (cursors.size === 0) return;
    for (const { taskId, event, last } of await feed.after(cursors)) {
      for (const subscription of [...(byTask.get(taskId) ?? [])]) {
        if (event.seq <= subscription.cursor) continue;
        subscription.cursor = event.seq;
        subscription.subscriber.deliver(event, last);
        if (last) remove(subscription);
      }
    }
  };

  const run = async (): Promise<void> => {
    let failures = 0;
    while (count > 0 && !closing.signal.aborted) {
      try {
        const taskIds = [...byTask.keys()];
        for (let start = 0; start < taskIds.length; start += TASKS_PER_POLL) {
          await pollChunk(taskIds.slice(start, start + TASKS_PER_POLL));
        }
        if (failures > 0) log.info({ failures }, 'events.recovered');
        failures = 0;
      } catch (error) {
        failures += 1;
        if (failures === 1) log.warn({ reason: errorMessage(error) }, 'events.delayed');
      }
      const pauseMs = failures === 0 ? intervalMs : Math.min(MAX_BACKOFF_MS, intervalMs * 2 ** failures);
      await clock.sleep(pauseMs, closing.signal).catch(() => undefined);
    }
    polling = false;
  };

  return {
    subscribe(taskId, afterSeq, subscriber) {
      const subscription: Subscription = { taskId, cursor: afterSeq, subscriber };
      const watchers = byTask.get(taskId);
      if (watchers === undefined) byTask.set(taskId, new Set([subscription]));
      else watchers.add(subscription);
      count += 1;
      if (!polling && !closing.signal.aborted) {
        polling = true;
        void run();
      }
      return () => {
        remove(subscription);
      };
    },
    get subscriberCount() {
      return count;
    },
    get isClosed() {
      return closing.signal.aborted;
    },
    close() {
      if (closing.signal.aborted) return;
      closing.abort(new Error('the event hub is closed'));
      for (const subscription of [...byTask.values()].flatMap((watchers) => [...watchers])) {
        remove(subscription);
        subscription.subscriber.shutdown();
      }
    },
  };
}
