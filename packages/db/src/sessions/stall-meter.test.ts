import { describe, expect, it } from 'vitest';

import { createStallMeter } from './stall-meter.ts';

describe('the stall meter', () => {
  it('measures from the request to the response', () => {
    const meter = createStallMeter({ maxTickMs: 1_000 });
    expect(meter.requestSent(100)).toBe(true);
    expect(meter.tick(600)).toBe(500);
    expect(meter.responseReceived(700)).toBe(600);
    expect(meter.tick(5_000)).toBe(0);
  });

  it('has one open request at a time, and starts at zero for the next', () => {
    const meter = createStallMeter({ maxTickMs: 1_000 });
    expect(meter.requestSent(0)).toBe(true);
    expect(meter.requestSent(500)).toBe(false);
    expect(meter.responseReceived(900)).toBe(900);
    expect(meter.requestSent(10_000)).toBe(true);
    expect(meter.responseReceived(10_010)).toBe(10);
  });

  it('counts a stop of the whole process as one tick of bounded length', () => {
    const meter = createStallMeter({ maxTickMs: 1_000 });
    meter.requestSent(0);
    meter.tick(500);
    expect(meter.tick(120_000)).toBe(1_500);
    expect(meter.responseReceived(120_001)).toBe(1_501);
  });
});
