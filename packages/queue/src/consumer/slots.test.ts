import type { Lane } from '@pressroom/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createSlots, type Slot } from './slots.ts';

const laneShares = { interactive: 1, batch: 1 };
const never = new AbortController().signal;

describe('createSlots', () => {
  it('gives as many slots as there are, then in turn as they come back', async () => {
    const slots = createSlots({ concurrency: 2, laneShares });
    const [first] = [await slots.acquire('batch', never), await slots.acquire('batch', never)];
    expect(slots).toMatchObject({ busy: 2, hasFree: false });
    expect(slots.isContendedBesides('me')).toBe(false);
    const order: string[] = [];
    void slots.acquire('batch', never).then(() => order.push('a'));
    void slots.acquire('batch', never).then(() => order.push('b'));
    expect(slots.isContendedBesides('me')).toBe(true);
    first.release();
    await new Promise(setImmediate);
    expect(order).toEqual(['a']);
    expect(slots.busy).toBe(2);
  });

  it('prefers interactive among those that wait', async () => {
    const slots = createSlots({ concurrency: 1, laneShares });
    const held = await slots.acquire('batch', never);
    const order: Lane[] = [];
    void slots.acquire('batch', never).then(() => order.push('batch'));
    void slots.acquire('interactive', never).then(() => order.push('interactive'));
    held.release();
    await new Promise(setImmediate);
    expect(order).toEqual(['interactive']);
  });

  it('lets work that has begun here go first within its lane, not before another lane', async () => {
    const slots = createSlots({ concurrency: 1, laneShares });
    const held = await slots.acquire('batch', never);
    const order: string[] = [];
    const wait = async (name: string, lane: Lane, begun: boolean) => {
      const slot = await slots.acquire(lane, never, { begun });
      order.push(name);
      slot.release();
    };
    const waiting = [wait('new', 'batch', false), wait('begun', 'batch', true), wait('urgent', 'interactive', false)];
    held.release();
    await Promise.all(waiting);
    expect(order).toEqual(['urgent', 'begun', 'new']);
  });

  it('is contended for an owner by others only, and by whatever has begun', async () => {
    const slots = createSlots({ concurrency: 1, laneShares });
    const held = await slots.acquire('batch', never);
    const mine = slots.acquire('batch', never, { owner: 'me' });
    expect(slots.isContendedBesides('me')).toBe(false);
    expect(slots.isContendedBesides('other')).toBe(true);
    const begun = slots.acquire('interactive', never, { owner: 'me', begun: true });
    expect(slots.isContendedBesides('me')).toBe(true);
    held.release();
    (await begun).release();
    (await mine).release();
  });

  it('loses no slot to somebody who stopped waiting', async () => {
    const slots = createSlots({ concurrency: 1, laneShares });
    const held = await slots.acquire('batch', never);
    const stop = new AbortController();
    const waiting = slots.acquire('batch', stop.signal);
    stop.abort(new Error('stopped'));
    await expect(waiting).rejects.toThrow('stopped');
    held.release();
    expect(slots).toMatchObject({ busy: 0, hasFree: true });
    expect(slots.isContendedBesides('me')).toBe(false);
  });

  it('gives a slot without waiting where one is free, and none that somebody waits for', async () => {
    const slots = createSlots({ concurrency: 1, laneShares });
    const held = slots.tryAcquire();
    expect(slots).toMatchObject({ busy: 1, hasFree: false });
    expect(slots.tryAcquire()).toBeUndefined();
    const waiting = slots.acquire('batch', never);
    held?.release();
    expect(slots.tryAcquire()).toBeUndefined();
    (await waiting).release();
    expect(slots.tryAcquire()).toBeDefined();
  });

  it('counts a release once', async () => {
    const slots = createSlots({ concurrency: 2, laneShares });
    const slot = await slots.acquire('batch', never);
    await slots.acquire('batch', never);
    slot.release();
    slot.release();
    expect(slots.busy).toBe(1);
  });

  it('never gives more than there are, whatever the order of taking and giving back', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.constantFrom<Lane | 'release'>('interactive', 'batch', 'release'), { maxLength: 60 }),
        async (concurrency, moves) => {
          const slots = createSlots({ concurrency, laneShares });
          const held: Slot[] = [];
          let asked = 0;
          let released = 0;
          for (const move of moves) {
            if (move === 'release') {
              const slot = held.shift();
              if (slot !== undefined) released += 1;
              slot?.release();
            } else {
              asked += 1;
              void slots.acquire(move, never).then((slot) => held.push(slot));
            }
            await Promise.resolve();
            await Promise.resolve();
            expect(slots.busy).toBeLessThanOrEqual(concurrency);
            // Nobody waits while there is room.
            expect(slots.busy).toBe(Math.min(concurrency, asked - released));
          }
        },
      ),
    );
  });

  it.each([0, -1, 2.5])('refuses a concurrency of %s', (concurrency) => {
    expect(() => createSlots({ concurrency, laneShares })).toThrow(RangeError);
  });
});
