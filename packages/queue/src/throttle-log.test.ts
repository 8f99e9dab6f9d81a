import { systemClock } from '@pressroom/runtime';
import { expect, it } from 'vitest';

import { throttleLog } from './throttle-log.ts';

it('throttleLog forwards the first call of each period', () => {
  let nowMs = 0;
  const written: number[] = [];
  const write = throttleLog((value: number) => written.push(value), 100, { ...systemClock, monotonicMs: () => nowMs });
  for (const atMs of [0, 50, 99, 100, 150, 250]) {
    nowMs = atMs;
    write(atMs);
  }
  expect(written).toEqual([0, 100, 250]);
});
