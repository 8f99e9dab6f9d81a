import type { TaskEvent } from '@pressroom/contracts';
import { errorMessage, type Clock, type Logger } from '@pressroom/runtime';

import type { EventFeed } from '../ports.ts';

/** Pause between polls. With the query's own time an event reaches its stream within a quarter of a second. */
const POLL_INTERVAL_MS = 150;
/** A task without an event for this long is quiet: its first next event may take longer, up to `MAX_QUIET_PAUSE_MS`. */
const QUIET_AFTER_MS = 10_000;
/** The pause between polls grows with the number of quiet tasks: polling one costs PostgreSQL 2.5 µs. */
const QUIET_PAUSE_PER_TASK_MS = 0.4;
const MAX_QUIET_PAUSE_MS = 2_000;
const MAX_BACKOFF_MS = 1_000;
/** Tasks one query asks about; more are asked in turn. */
const TASKS_PER_POLL = 500;

export interface Subscriber {
  /** Called in order, each event once. After `last` nothing follows. */
  deliver(event: TaskEvent, last: boolean): void;
  /** No event follows: the process is going down, or the task has finished or is gone without an event to deliver. */
  end(): void;
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

interface Watched {
  subscriptions: Set<Subscription>;
  /** Monotonic instant of the last event or subscription. */
  activeMs: number;
}

/**
 * One poller per process for all streams: it asks which of the watched tasks have news, from the oldest cursor of each, and
 * reads the events of those alone. The cost does not grow with the number of people who watch the same task, and quiet
 * tasks cost a fixed share of time however many they are. It pauses while there are no subscribers, and an outage of the store only
 * delays events, for they are read by sequence.
 */
export function createEventHub(deps: {
  feed: EventFeed;
  clock: Clock;
  log: Logger;
  pollIntervalMs?: number;
}): EventHub {
  const { feed, clock, log } = deps;
  const intervalMs = deps.pollIntervalMs ?? POLL_INTERVAL_MS;
  const byTask = new Map<string, Watched>();
  /** Those of them that had an event or a new watcher lately. */
  const active = new Set<string>();
  const closing = new AbortController();
  let count = 0;
  let polling = false;
  let quietPollMs = clock.monotonicMs();

  const remove = (subscription: Subscription): void => {
    const watched = byTask.get(subscription.taskId);
    if (watched?.subscriptions.delete(subscription) !== true) return;
    count -= 1;
    if (watched.subscriptions.size === 0) byTask.delete(subscription.taskId);
  };
  const endAll = (taskId: string): void => {
    for (const subscription of [...(byTask.get(taskId)?.subscriptions ?? [])]) {
      remove(subscription);
      subscription.subscriber.end();
    }
  };

  const deliver = async (cursors: ReadonlyMap<string, number>): Promise<void> => {
    for (const { taskId, event, last } of await feed.after(cursors)) {
      const watched = byTask.get(taskId);
      if (watched) {
        watched.activeMs = clock.monotonicMs();
        active.add(taskId);
      }
      for (const subscription of [...(watched?.subscriptions ?? [])]) {
        if (event.seq <= subscription.cursor) continue;
        subscription.cursor = event.seq;
        subscription.subscriber.deliver(event, last);
        if (last) remove(subscription);
      }
    }
  };

  const pollChunk = async (taskIds: readonly string[]): Promise<void> => {
    const cursors = new Map<string, number>();
    for (const taskId of taskIds) {
      const watched = byTask.get(taskId);
      if (watched === undefined) continue;
      cursors.set(taskId, Math.min(...Array.from(watched.subscriptions, ({ cursor }) => cursor)));
    }
    if (cursors.size === 0) return;
    const changed = new Map<string, number>();
    for (const { taskId, state } of await feed.changes(cursors)) {
      if (state === 'changed') changed.set(taskId, cursors.get(taskId) ?? 0);
      // Subscribed meanwhile with an older cursor, it has events to deliver at the next poll.
      else if (state === 'gone' || isUnmoved(taskId, cursors)) endAll(taskId);
    }
    if (changed.size > 0) await deliver(changed);
  };
  const isUnmoved = (taskId: string, cursors: ReadonlyMap<string, number>): boolean => {
    const asked = cursors.get(taskId) ?? 0;
    return [...(byTask.get(taskId)?.subscriptions ?? [])].every(({ cursor }) => cursor >= asked);
  };

  /** Active tasks always; with the quiet ones, which are not even walked over otherwise, when their turn has come. */
  const dueTasks = (): string[] => {
    const nowMs = clock.monotonicMs();
    for (const taskId of active) {
      const watched = byTask.get(taskId);
      if (!watched || nowMs - watched.activeMs >= QUIET_AFTER_MS) active.delete(taskId);
    }
    if (nowMs < quietPollMs) return [...active];
    quietPollMs = nowMs + Math.min(MAX_QUIET_PAUSE_MS, (byTask.size - active.size) * QUIET_PAUSE_PER_TASK_MS);
    return [...byTask.keys()];
  };

  const run = async (): Promise<void> => {
    let failures = 0;
    while (count > 0 && !closing.signal.aborted) {
      try {
        const taskIds = dueTasks();
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
      const activeMs = clock.monotonicMs();
      active.add(taskId);
      const watched = byTask.get(taskId);
      if (watched === undefined) byTask.set(taskId, { subscriptions: new Set([subscription]), activeMs });
      else {
        watched.subscriptions.add(subscription);
        watched.activeMs = activeMs;
      }
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
      for (const taskId of [...byTask.keys()]) endAll(taskId);
    },
  };
}
