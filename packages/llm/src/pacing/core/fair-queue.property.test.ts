import type { Lane } from '@pressroom/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFairQueue, type QueuedItem } from './fair-queue.ts';

interface Item extends QueuedItem {
  n: number;
}
const WEIGHTS = { interactive: 4, batch: 1 };
const MAX_COST = 50;
const item = (lane: Lane, tenantId: string, cost: number, n = 0): Item => ({ lane, tenantId, cost, n });
const anItem = fc.record({
  lane: fc.constantFrom<Lane>('interactive', 'batch'),
  tenantId: fc.constantFrom('a', 'b', 'c'),
  cost: fc.integer({ min: 1, max: MAX_COST }),
});

function next(queue: ReturnType<typeof createFairQueue<Item>>): Item | undefined {
  const [head] = queue.heads();
  if (head) queue.dequeue(head);
  return head;
}

describe('a fair queue', () => {
  it('serves every item, and the items of a tenant in FIFO order', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(anItem, fc.constant('serve' as const)), { maxLength: 120 }), (happenings) => {
        const queue = createFairQueue<Item>(WEIGHTS);
        const pushed: Item[] = [];
        const served: Item[] = [];
        happenings.forEach((what, n) => {
          if (what === 'serve') served.push(...[next(queue)].filter((each) => each !== undefined));
          else {
            const one = { ...what, n };
            pushed.push(one);
            queue.push(one);
          }
        });
        for (let each = next(queue); each; each = next(queue)) served.push(each);
        expect(queue.size).toBe(0);
        expect(served.length).toBe(pushed.length);
        for (const lane of ['interactive', 'batch'] as const) {
          for (const tenantId of ['a', 'b', 'c']) {
            const own = served.filter((each) => each.lane === lane && each.tenantId === tenantId).map(({ n }) => n);
            expect(own).toEqual([...own].sort((x, y) => x - y));
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('limits batch to its share, to within one request of each lane, while interactive work waits', () => {
    const costs = fc.array(fc.integer({ min: 1, max: MAX_COST }), { minLength: 60, maxLength: 60 });
    fc.assert(
      fc.property(costs, costs, fc.integer({ min: 0, max: 20 }), (interactive, batch, aloneFirst) => {
        const queue = createFairQueue<Item>(WEIGHTS);
        batch.forEach((cost) => {
          queue.push(item('batch', 'b', cost));
        });
        // Batch runs alone for a while: that creates neither debt nor credit.
        for (let n = 0; n < aloneFirst; n += 1) next(queue);
        interactive.forEach((cost) => {
          queue.push(item('interactive', 'a', cost));
        });
        const sums = { interactive: 0, batch: 0 };
        for (let n = 0; n < 30; n += 1) {
          const one = next(queue);
          if (one) sums[one.lane] += one.cost;
          const apart = sums.batch / WEIGHTS.batch - sums.interactive / WEIGHTS.interactive;
          // Theorem 1 of the paper.
          expect(Math.abs(apart)).toBeLessThanOrEqual(MAX_COST / WEIGHTS.batch + MAX_COST / WEIGHTS.interactive);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('serves the tenants of a lane equally, however many items one of them has', () => {
    const queue = createFairQueue<Item>(WEIGHTS);
    for (let n = 0; n < 1_000; n += 1) queue.push(item('interactive', 'flood', 10));
    for (let n = 0; n < 5; n += 1) next(queue);
    for (let n = 0; n < 5; n += 1) queue.push(item('interactive', 'small', 10));
    const served = Array.from({ length: 10 }, () => next(queue)?.tenantId);
    expect(served.filter((tenant) => tenant === 'small')).toHaveLength(5);
  });

  it('gives no credit to a lane that could not be served in its turn', () => {
    const queue = createFairQueue<Item>({ interactive: 1, batch: 1 });
    for (let n = 0; n < 40; n += 1) {
      queue.push(item('batch', 'b', 10));
      queue.push(item('interactive', 'a', 10));
    }
    for (let n = 0; n < 10; n += 1) {
      const interactive = queue.heads().find(({ lane }) => lane === 'interactive');
      if (interactive) queue.dequeue(interactive);
    }
    const after = Array.from({ length: 10 }, () => next(queue)?.lane);
    expect(after.filter((lane) => lane === 'batch').length).toBeLessThanOrEqual(6);
  });

  it('removes cancelled items', () => {
    const queue = createFairQueue<Item>(WEIGHTS);
    const gone = item('batch', 'b', 1);
    queue.push(gone);
    expect(queue.remove(gone)).toBe(true);
    expect(queue.remove(gone)).toBe(false);
    expect(queue.heads()).toEqual([]);
    expect(queue.size).toBe(0);
  });
});
