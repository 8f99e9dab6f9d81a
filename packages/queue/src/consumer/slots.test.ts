import type { Lane } from '@pressroom/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createSlots, type Slot } from './slots.ts';

const laneShares = { interactive: 1, batch: 1 };
const never = new AbortController().signal;

describe('createSlots', () => {
  it('grants slots up to the limit, then in FIFO order as they are released', async () => {
    const slots = createSlots({ concurrency: 2, laneShares });
    const [first] = [await slots.acquire('batch', never), await slots.acquire('batch', never)];
    expect(slots).toMatchObject({ busy: 2, hasFree: false });
    expect(slots.hasOtherWaiters('me')).toBe(false);
    const order: string[] = [];
    void slots.acquire('batch', never).then(() => order.push('a'));
    void slots.acquire('batch', never).then(() => order.push('b'));
    expect(slots.hasOtherWaiters('me')).toBe(true);
    first.release();
    await new Promise(setImmediate);
    expect(order).toEqual(['a']);
    expect(slots.busy).toBe(2);
  });

  it('prefers interactive among the waiting lanes', async () => {
    const slots = createSlots({ concurrency: 1, laneShares });
    const held = await slots.acquire('batch', never);
    const order: Lane[] = [];
    void slots.acquire('batch', never).then(() => order.push('batch'));
    void slots.acquire('interactive', never).then(() => order.push('interactive'));
    held.release();
    await new Promise(setImmediate);
    expect(order).toEqual(['interactive']);
  });

  it('prefers continuations within their lane, not before another lane', async () => {
    const slots = createSlots({ concurrency: 1, laneShares });
    const held = await slots.acquire('batch', never);
    const order: string[] = [];
    const wait = async (name: string, lane: Lane, isContinuation: boolean) => {
      const slot = await slots.acquire(lane, never, { isContinuation });
      order.push(name);
      slot.release();
    };
    const waiting = [
      wait('new', 'batch', false),
      wait('continuation', 'batch', true),
      wait('urgent', 'interactive', false),
    ];
    held.release();
    await Promise.all(waiting);
    expect(order).toEqual(['urgent', 'continuation', 'new']);
  });

  it('counts waiters other than the owner, and all continuations', async () => {
    const slots = createSlots({ concurrency: 1, laneShares });
    const held = await slots.acquire('batch', never);
    const mine = slots.acquire('batch', never, { owner: 'me' });
    expect(slots.hasOtherWaiters('me')).toBe(false);
    expect(slots.hasOtherWaiters('other')).toBe(true);
    const continuation = slots.acquire('interactive', never, { owner: 'me', isContinuation: true });
    expect(slots.hasOtherWaiters('me')).toBe(true);
    held.release();
    (await continuation).release();
    (await mine).release();
  });

  it('gives no slot to a cancelled waiter', async () => {
    const slots = createSlots({ concurrency: 1, laneShares });
    const held = await slots.acquire('batch', never);
    const stop = new AbortController();
    const waiting = slots.acquire('batch', stop.signal);
    stop.abort(new Error('stopped'));
    await expect(waiting).rejects.toThrow('stopped');
    held.release();
    expect(slots).toMatchObject({ busy: 0, hasFree: true });
    expect(slots.hasOtherWaiters('me')).toBe(false);
  });

  it('grants a slot without waiting when one is free and no other waiter is due for it', async () => {
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

  it('releases a slot only once', async () => {
    const slots = createSlots({ concurrency: 2, laneShares });
    const slot = await slots.acquire('batch', never);
    await slots.acquire('batch', never);
    slot.release();
    slot.release();
    expect(slots.busy).toBe(1);
  });

  it('never exceeds the limit, for any order of acquisitions and releases', async () => {
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
            // No waiter while a slot is free.
            expect(slots.busy).toBe(Math.min(concurrency, asked - released));
          }
        },
      ),
    );
  });

  it.each([0, -1, 2.5])('rejects a concurrency of %s', (concurrency) => {
    expect(() => createSlots({ concurrency, laneShares })).toThrow(RangeError);
  });
});
