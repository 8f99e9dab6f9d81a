import { describe, expect, it } from 'vitest';

import { createSemaphore } from './semaphore.ts';

describe('createSemaphore', () => {
  it('lets as many through as it has permits, the rest in order of arrival', async () => {
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

  it('counts a release once', async () => {
    const semaphore = createSemaphore(1);
    const release = await semaphore.acquire();
    release();
    release();
    expect(semaphore.available).toBe(1);
  });

  it('forgets a caller that gave up waiting, and loses no permit to it', async () => {
    const semaphore = createSemaphore(1);
    const held = await semaphore.acquire();
    const controller = new AbortController();
    const waiting = semaphore.acquire(controller.signal);
    controller.abort(new Error('gave up'));
    await expect(waiting).rejects.toThrow('gave up');
    held();
    expect(semaphore).toMatchObject({ available: 1, waiting: 0 });
  });

  it('refuses a caller whose signal has aborted before', async () => {
    await expect(createSemaphore(1).acquire(AbortSignal.abort(new Error('late')))).rejects.toThrow('late');
  });

  it('takes a permit without waiting only when one is free', () => {
    const semaphore = createSemaphore(1);
    const release = semaphore.tryAcquire();
    expect(semaphore.tryAcquire()).toBeUndefined();
    release?.();
    expect(semaphore.tryAcquire()).toBeTypeOf('function');
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses %s permits', (permits) => {
    expect(() => createSemaphore(permits)).toThrow(RangeError);
  });
});
