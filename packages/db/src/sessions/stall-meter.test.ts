import { describe, expect, it } from 'vitest';

import { createStallMeter } from './stall-meter.ts';

describe('the stall meter', () => {
  it('measures from the question to the answer', () => {
    const meter = createStallMeter({ maxTickMs: 1_000 });
    expect(meter.asked(100)).toBe(true);
    expect(meter.tick(600)).toBe(500);
    expect(meter.answered(700)).toBe(600);
    expect(meter.tick(5_000)).toBe(0);
  });

  it('asks once until it is answered, and starts again at zero', () => {
    const meter = createStallMeter({ maxTickMs: 1_000 });
    expect(meter.asked(0)).toBe(true);
    expect(meter.asked(500)).toBe(false);
    expect(meter.answered(900)).toBe(900);
    expect(meter.asked(10_000)).toBe(true);
    expect(meter.answered(10_010)).toBe(10);
  });

  it('counts a stop of the whole process as one tick, however long it was', () => {
    const meter = createStallMeter({ maxTickMs: 1_000 });
    meter.asked(0);
    meter.tick(500);
    expect(meter.tick(120_000)).toBe(1_500);
    expect(meter.answered(120_001)).toBe(1_501);
  });
});
