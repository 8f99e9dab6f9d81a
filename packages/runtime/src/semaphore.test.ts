import { describe, expect, it } from 'vitest';

import { createSemaphore } from './semaphore.ts';

describe('createSemaphore', () => {
  it('grants as many permits as it has, and the others in FIFO order', async () => {
    const semaphore = createSemaphore(2);
    const first = await semaphore.acquire();
    const second = await semaphore.acquire();
    const order: string[] = [];
    const third = semaphore.acquire().then((release) => (order.push('third'), release));
    const fourth = semaphore.acquire().then((release) => (order.push('fourth'), release));
    expect(semaphore).toMatchObject({ available: 0, waiting: 2 });
    second();
    (await third)();
    await fourth;
    first();
    expect(order).toEqual(['third', 'fourth']);
    expect(semaphore).toMatchObject({ available: 1, waiting: 0 });
  });

  it('releases a permit only once', async () => {
    const semaphore = createSemaphore(1);
    const release = await semaphore.acquire();
    release();
    release();
    expect(semaphore.available).toBe(1);
  });

  it('removes a cancelled caller without losing a permit', async () => {
    const semaphore = createSemaphore(1);
    const held = await semaphore.acquire();
    const controller = new AbortController();
    const waiting = semaphore.acquire(controller.signal);
    controller.abort(new Error('cancelled'));
    await expect(waiting).rejects.toThrow('cancelled');
    held();
    expect(semaphore).toMatchObject({ available: 1, waiting: 0 });
  });

  it('rejects a caller whose signal is already aborted', async () => {
    await expect(createSemaphore(1).acquire(AbortSignal.abort(new Error('late')))).rejects.toThrow('late');
  });

  it('acquires without waiting only when a permit is free', () => {
    const semaphore = createSemaphore(1);
    const release = semaphore.tryAcquire();
    expect(semaphore.tryAcquire()).toBeUndefined();
    release?.();
    expect(semaphore.tryAcquire()).toBeTypeOf('function');
  });

  it.each([0, -1, 1.5, Number.NaN])('rejects %s permits', (permits) => {
    expect(() => createSemaphore(permits)).toThrow(RangeError);
  });
});
