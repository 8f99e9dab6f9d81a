import type { TaskEvent } from '@pressroom/contracts';
import { silentLogger, type Clock } from '@pressroom/runtime';
import { describe, expect, it } from 'vitest';

import type { EventFeed } from '../ports.ts';
import { createEventHub } from './event-hub.ts';

const anEvent = (seq: number): TaskEvent => ({ seq, type: 'step.started', at: '', generation: 1, data: {} });

/** A hub over a feed of plain arrays, with a clock that runs the poller on demand. */
function setUp() {
  const streams = new Map<string, { events: TaskEvent[]; ended: boolean }>();
  const asked: ReadonlyMap<string, number>[] = [];
  const read: string[][] = [];
  const gone = new Set<string>();
  const state = { down: false, pauses: [] as number[] };
  let wake = (): void => undefined;
  const time = { nowMs: 0 };
  const clock: Clock = {
    nowMs: () => time.nowMs,
    monotonicMs: () => time.nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        state.pauses.push(ms);
        wake = resolve;
        signal?.addEventListener('abort', () => {
          reject(new Error('closed'));
        });
      }),
  };
  const hub = createEventHub({
    clock,
    log: silentLogger(),
    feed: {
      changes: (cursors) => {
        asked.push(new Map(cursors));
        if (state.down) return Promise.reject(new Error('down'));
        return Promise.resolve(
          [...cursors].flatMap(([taskId, seq]): Awaited<ReturnType<EventFeed['changes']>> => {
            if (gone.has(taskId)) return [{ taskId, state: 'gone' }];
            const { events, ended } = streams.get(taskId) ?? { events: [], ended: false };
            if (events.some((event) => event.seq > seq)) return [{ taskId, state: 'changed' }];
            return ended ? [{ taskId, state: 'ended' }] : [];
          }),
        );
      },
      after: (cursors) => {
        read.push([...cursors.keys()]);
        return Promise.resolve(
          [...cursors].flatMap(([taskId, seq]) => {
            const { events, ended } = streams.get(taskId) ?? { events: [], ended: false };
            return events
              .filter((event) => event.seq > seq)
              .map((event) => ({ taskId, event, last: ended && event === events.at(-1) }));
          }),
        );
      },
    },
  });
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    hub,
    asked,
    read,
    gone,
    time,
    state,
    push: (taskId: string, event: TaskEvent, ended = false): void => {
      const stream = streams.get(taskId) ?? { events: [], ended: false };
      streams.set(taskId, { events: [...stream.events, event], ended });
    },
    watch: (taskId: string, afterSeq = 0) => {
      const seen: number[] = [];
      const facts = { ended: false, isOver: false };
      const stop = hub.subscribe(taskId, afterSeq, {
        deliver(event, last) {
          seen.push(event.seq);
          facts.ended ||= last;
        },
        end() {
          facts.isOver = true;
        },
      });
      return { seen, facts, stop };
    },
    poll: async (): Promise<void> => {
      wake();
      await settle();
    },
    settle,
  };
}

describe('createEventHub', () => {
  it('hands each event to every watcher of the task once, in order', async () => {
    const { push, watch, poll, settle } = setUp();
    const [first, second] = [watch('a'), watch('a')];
    push('a', anEvent(1));
    push('a', anEvent(2));
    await settle();
    await poll();
    push('a', anEvent(3));
    await poll();
    expect(first.seen).toEqual([1, 2, 3]);
    expect(second.seen).toEqual([1, 2, 3]);
  });

  it('asks about all watched tasks together, each from its slowest watcher', async () => {
    const { asked, watch, poll, settle } = setUp();
    watch('a', 7);
    watch('a', 3);
    watch('b', 5);
    await settle();
    await poll();
    expect(asked.at(-1)).toEqual(
      new Map([
        ['a', 3],
        ['b', 5],
      ]),
    );
  });

  it('does not repeat to a watcher what it had seen before', async () => {
    const { push, watch, poll, settle } = setUp();
    push('a', anEvent(1));
    push('a', anEvent(2));
    watch('a', 0);
    const late = watch('a', 1);
    await settle();
    await poll();
    expect(late.seen).toEqual([2]);
  });

  it('removes a watcher after the last event, and stops polling without watchers', async () => {
    const { hub, push, watch, poll, settle, asked } = setUp();
    const watcher = watch('a');
    push('a', anEvent(1), true);
    await settle();
    await poll();
    expect(watcher.facts.ended).toBe(true);
    expect(hub.subscriberCount).toBe(0);
    const polls = asked.length;
    await poll();
    expect(asked).toHaveLength(polls);
  });

  it('starts again for a watcher who comes after a rest', async () => {
    const { push, watch, poll, settle } = setUp();
    watch('a').stop();
    await settle();
    await poll();
    push('b', anEvent(1));
    const watcher = watch('b');
    await settle();
    expect(watcher.seen).toEqual([1]);
  });

  it('only delays events when the store is down, polling less often', async () => {
    const { state, push, watch, poll, settle } = setUp();
    state.down = true;
    const watcher = watch('a');
    await settle();
    await poll();
    await poll();
    expect(state.pauses).toEqual([300, 600, 1_000]);
    state.down = false;
    push('a', anEvent(1));
    await poll();
    expect(watcher.seen).toEqual([1]);
  });

  it('notifies every watcher once when it closes', async () => {
    const { hub, watch, settle } = setUp();
    const watcher = watch('a');
    await settle();
    hub.close();
    hub.close();
    expect(watcher.facts.isOver).toBe(true);
    expect(hub.subscriberCount).toBe(0);
  });

  it('reads events of those tasks alone that have news', async () => {
    const { push, watch, poll, settle, read } = setUp();
    watch('a');
    watch('b');
    await settle();
    push('b', anEvent(1));
    await poll();
    expect(read).toEqual([['b']]);
  });

  it('looks at quiet tasks less often the more they are, and at active ones at every poll', async () => {
    const { push, watch, poll, settle, asked, time } = setUp();
    for (let n = 0; n < 400; n += 1) watch(`quiet-${n}`);
    await settle();
    time.nowMs = 11_000;
    watch('active');
    const sizes: number[] = [];
    for (let n = 0; n < 4; n += 1) {
      time.nowMs += 50;
      await poll();
      sizes.push(asked.at(-1)?.size ?? 0);
    }
    // 400 quiet tasks rest for 160 ms.
    expect(sizes).toEqual([401, 1, 1, 1]);
    push('quiet-7', anEvent(1));
    time.nowMs += 50;
    await poll();
    expect(asked.at(-1)?.size).toBe(401);
    // One with news counts as active again.
    time.nowMs += 50;
    await poll();
    expect([...(asked.at(-1)?.keys() ?? [])].toSorted()).toEqual(['active', 'quiet-7']);
  });

  it('ends watchers of a task that has finished without an event for them, and of one that is gone', async () => {
    const { hub, push, watch, poll, settle, gone } = setUp();
    const [future, deleted] = [watch('a', 500), watch('b')];
    await settle();
    push('a', anEvent(1), true);
    gone.add('b');
    await poll();
    expect([future.facts.isOver, deleted.facts.isOver]).toEqual([true, true]);
    expect(hub.subscriberCount).toBe(0);
  });
});
