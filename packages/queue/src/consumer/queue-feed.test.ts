import type { Clock } from '@pressroom/runtime';
import { afterEach, describe, expect, it } from 'vitest';

import { createFakeJobSource } from './fake-job-source.test-support.ts';
import { createGate } from './gate.ts';
import type { Signal } from './job-source.ts';
import { type QueueFeed, startQueueFeed } from './queue-feed.ts';
import { createSlots, type Slot } from './slots.ts';

const settle = async () => {
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
};

let feed: QueueFeed | undefined;
afterEach(() => feed?.stop());

function arrange(options: { concurrency?: number } = {}) {
  const fake = createFakeJobSource();
  const slots = createSlots({ concurrency: options.concurrency ?? 1, laneShares: { interactive: 1, batch: 1 } });
  const gate = createGate();
  const time = { nowMs: 1_000 };
  const sleeps: (() => void)[] = [];
  const clock: Clock = {
    nowMs: () => time.nowMs,
    monotonicMs: () => time.nowMs,
    sleep: (_ms, signal) =>
      new Promise((resolve, reject) => {
        sleeps.push(resolve);
        signal?.addEventListener('abort', () => {
          reject(signal.reason as Error);
        });
      }),
  };
  const running: { id: string; slot: Slot }[] = [];
  const errors: unknown[] = [];
  const start = () => {
    feed = startQueueFeed({
      source: fake.source,
      lane: 'batch',
      slots,
      gate,
      clock,
      random: () => 0,
      nextToken: () => 'token',
      idleWaitMs: 500,
      run: (job, _token, slot) => {
        running.push({ id: job.id, slot });
        return Promise.resolve();
      },
      onStoreError: (error) => errors.push(error),
    });
    return feed;
  };
  return { ...fake, slots, gate, time, sleeps, running, errors, start };
}

describe('queue feed', () => {
  it('starts jobs while slots are free, and claims no others', async () => {
    const { add, start, running, calls } = arrange({ concurrency: 2 });
    ['a', 'b', 'c'].forEach((id) => {
      add(id);
    });
    start();
    await settle();
    expect(running.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(calls).toEqual(['claim', 'claim']);
    running[0]?.slot.release();
    await settle();
    expect(running.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  });

  it('waits without a slot when the queue is empty, and claims again when signalled', async () => {
    const { start, add, running, calls, slots, signal } = arrange();
    start();
    await settle();
    expect(calls).toEqual(['claim', 'wait 500']);
    expect(slots.busy).toBe(0);
    add('a');
    signal();
    await settle();
    expect(running).toHaveLength(1);
  });

  it('claims again after a timeout: a signal may have been lost', async () => {
    const { start, calls, signal } = arrange();
    start();
    await settle();
    signal({ outcome: 'timeout' });
    await settle();
    expect(calls).toEqual(['claim', 'wait 500', 'claim', 'wait 500']);
  });

  it('waits for a delayed job until it is due', async () => {
    const { start, calls, signal, time } = arrange();
    start();
    await settle();
    signal({ outcome: 'delayed', nextAtMs: time.nowMs + 70 });
    await settle();
    expect(calls).toEqual(['claim', 'wait 500', 'wait 70']);
    time.nowMs += 70;
    signal({ outcome: 'timeout' });
    await settle();
    expect(calls.slice(3)).toEqual(['claim', 'wait 500']);
  });

  it.each<[string, (arranged: ReturnType<typeof arrange>) => Promise<unknown>]>([
    ['its process is full', ({ slots }) => slots.acquire('interactive', new AbortController().signal)],
    [
      'it is paused',
      ({ gate }) => {
        gate.shut();
        return Promise.resolve();
      },
    ],
  ])('passes a signal to another consumer when %s', async (_, occupy) => {
    const arranged = arrange();
    arranged.start();
    await settle();
    await occupy(arranged);
    arranged.signal();
    await settle();
    expect(arranged.calls).toEqual(['claim', 'wait 500', 'return signal']);
  });

  it('claims nothing when it was paused while waiting for a slot', async () => {
    const { start, slots, gate, calls } = arrange();
    const held = await slots.acquire('interactive', new AbortController().signal);
    start();
    await settle();
    gate.shut();
    held.release();
    await settle();
    expect(calls).toEqual([]);
    expect(slots.busy).toBe(0);
    gate.open();
    await settle();
    expect(calls[0]).toBe('claim');
  });

  it('releases its slot and backs off when the store fails, then continues', async () => {
    const { start, fail, add, errors, slots, sleeps, running } = arrange();
    fail.claim = new Error('connection lost');
    add('a');
    start();
    await settle();
    expect(errors).toEqual([fail.claim]);
    expect(slots.busy).toBe(0);
    delete fail.claim;
    sleeps[0]?.();
    await settle();
    expect(running).toHaveLength(1);
  });

  it.each<[string, Signal | undefined]>([
    ['while it waits', undefined],
    ['when it is signalled at the same time', { outcome: 'signalled' }],
  ])('stops %s without losing a signal', async (_, last) => {
    const { start, calls, signal } = arrange();
    const started = start();
    await settle();
    const stopped = started.stop();
    if (last !== undefined) signal(last);
    await stopped;
    expect(calls.filter((call) => call === 'claim')).toHaveLength(1);
  });

  it('is alive while the store responds or no request is needed, and not when the store is silent', async () => {
    const { start, time, slots, signal } = arrange();
    const started = start();
    await settle();
    time.nowMs += 2_000;
    expect(started.isAlive(1_000)).toBe(false);
    signal({ outcome: 'timeout' });
    await settle();
    expect(started.isAlive(1_000)).toBe(true);
    await slots.acquire('interactive', new AbortController().signal);
    signal();
    await settle();
    time.nowMs += 60_000;
    expect(started.isAlive(1_000)).toBe(true);
  });
});
