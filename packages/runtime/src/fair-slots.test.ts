import { describe, expect, it } from 'vitest';

import { createFairSlots } from './fair-slots.ts';

describe('createFairSlots', () => {
  it('serves another group after one slot, however many of the first wait', async () => {
    const slots = createFairSlots({ process: 2, tenant: 2 });
    const held = await Promise.all([slots.acquire('noisy'), slots.acquire('noisy')]);
    const order: string[] = [];
    const take = async (group: string): Promise<void> => {
      const release = await slots.acquire(group);
      order.push(group);
      release();
    };
    const waiting = [...new Array<string>(100).fill('noisy'), 'quiet'].map(take);
    for (const release of held) release();
    await Promise.all(waiting);
    expect(order.indexOf('quiet')).toBeLessThanOrEqual(2);
    expect(slots.active).toBe(0);
    expect(slots.waiting).toBe(0);
  });

  it('leaves slots to others when one group has its share', async () => {
    const slots = createFairSlots({ process: 4, tenant: 2 });
    await Promise.all([slots.acquire('noisy'), slots.acquire('noisy')]);
    void slots.acquire('noisy');
    expect(slots.waiting).toBe(1);
    const release = await slots.acquire('quiet');
    expect(slots.active).toBe(3);
    release();
  });

  it('frees a slot once, however often it is released', async () => {
    const slots = createFairSlots({ process: 1, tenant: 1 });
    const release = await slots.acquire('a');
    const next = slots.acquire('a');
    release();
    release();
    await next;
    expect(slots.active).toBe(1);
  });

  it('lets a waiter leave when its signal aborts', async () => {
    const slots = createFairSlots({ process: 1, tenant: 1 });
    const release = await slots.acquire('a');
    const controller = new AbortController();
    const leaving = slots.acquire('b', controller.signal);
    const staying = slots.acquire('b');
    expect(slots.waitingOf('b')).toBe(2);
    controller.abort(new Error('cancelled'));
    await expect(leaving).rejects.toThrow('cancelled');
    await expect(slots.acquire('b', controller.signal)).rejects.toThrow('cancelled');
    release();
    (await staying)();
    expect(slots.active).toBe(0);
    expect(slots.waiting).toBe(0);
  });
});
