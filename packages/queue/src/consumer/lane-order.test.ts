import { type Lane, LANES } from '@pressroom/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createLaneOrder, type LaneShares, pickLane } from './lane-order.ts';

/** Lanes in the order in which they are picked, given the waiting lanes of each step. */
function picks(waiting: (readonly Lane[])[], shares: LaneShares): Lane[] {
  let order = createLaneOrder();
  return waiting.map((lanes) => {
    const picked = pickLane(order, lanes, shares);
    order = picked.order;
    return picked.lane;
  });
}

const both = (times: number) => Array.from({ length: times }, () => LANES);
const only = (lane: Lane, times: number) => Array.from({ length: times }, () => [lane]);
const count = (lanes: Lane[], lane: Lane) => lanes.filter((picked) => picked === lane).length;

describe('pickLane', () => {
  it('picks interactive first', () => {
    expect(picks(both(1), { interactive: 4, batch: 1 })).toEqual(['interactive']);
  });

  it('gives each lane its share while both wait', () => {
    const picked = picks(both(50), { interactive: 4, batch: 1 });
    expect(count(picked, 'batch')).toBe(10);
  });

  it('never lets a lane with a share wait longer than the ratio', () => {
    fc.assert(
      fc.property(
        fc.array(fc.subarray([...LANES], { minLength: 1 }), { minLength: 30, maxLength: 200 }),
        fc.integer({ min: 1, max: 9 }),
        (waiting, interactive) => {
          let skippedPicks = 0;
          const picked = picks(waiting, { interactive, batch: 1 });
          return waiting.every((lanes, index) => {
            skippedPicks = lanes.includes('batch') && picked[index] !== 'batch' ? skippedPicks + 1 : 0;
            return skippedPicks <= interactive + 1;
          });
        },
      ),
    );
  });

  it('gives no credit to an idle lane', () => {
    const picked = picks([...only('interactive', 100), ...both(10)], { interactive: 1, batch: 1 }).slice(100);
    expect(count(picked, 'batch')).toBe(5);
  });

  it('picks a lane with share 0 only when no other lane waits', () => {
    expect(count(picks(both(20), { interactive: 1, batch: 0 }), 'batch')).toBe(0);
    expect(picks(only('batch', 1), { interactive: 1, batch: 0 })).toEqual(['batch']);
  });

  it('picks only waiting lanes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.subarray([...LANES], { minLength: 1 })),
        fc.nat(5),
        fc.nat(5),
        (waiting, interactive, batch) =>
          picks(waiting, { interactive, batch }).every((lane, index) => waiting[index]?.includes(lane)),
      ),
    );
  });
});
