import { silentLogger } from '@pressroom/runtime';
import { createTestClock } from '@pressroom/testkit';
import { describe, expect, it } from 'vitest';

import { startLoop } from './run-loop.ts';

describe('startLoop', () => {
  it('runs at once and then every period, also after a failed run', async () => {
    const clock = createTestClock();
    let runs = 0;
    const loop = startLoop(
      'test',
      100,
      () => {
        runs += 1;
        return runs === 2 ? Promise.reject(new Error('once')) : Promise.resolve();
      },
      { clock, log: silentLogger() },
    );
    await clock.advance(350);
    expect(runs).toBe(4);
    await loop.stop();
  });

  it('pauses so that slowed work takes at most a fiftieth of the time', async () => {
    const clock = createTestClock();
    let runs = 0;
    const work = async () => {
      runs += 1;
      await clock.sleep(200);
    };
    const loop = startLoop('test', 100, work, { clock, log: silentLogger(), isSlowed: true });
    for (let n = 0; n < 299; n += 1) await clock.advance(100);
    expect(runs).toBe(3);
    await loop.stop();
  });

  it('never overlaps, and stops only after the current run has ended', async () => {
    const clock = createTestClock();
    const gate = Promise.withResolvers<undefined>();
    let runs = 0;
    const loop = startLoop(
      'test',
      100,
      () => {
        runs += 1;
        return gate.promise;
      },
      { clock, log: silentLogger() },
    );
    await clock.advance(1_000);
    expect(runs).toBe(1);
    let stopped = false;
    const stop = loop.stop().then(() => {
      stopped = true;
    });
    await clock.advance(0);
    expect(stopped).toBe(false);
    gate.resolve(undefined);
    await stop;
    await clock.advance(1_000);
    expect(runs).toBe(1);
  });
});
