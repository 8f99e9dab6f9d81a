import { silentLogger, systemClock, type Clock } from '@pressroom/runtime';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { createKeyUsage, WRITE_EVERY_MS } from './key-usage.ts';

type Uses = readonly { keyId: string; usedAt: Date }[];

const setUp = (write: (uses: Uses) => Promise<void>) => {
  let nowMs = 0;
  const clock: Clock = { ...systemClock, nowMs: () => nowMs };
  const usage = createKeyUsage({ write, clock, log: silentLogger() });
  return {
    usage,
    use: (keyId: string, atMs: number) => {
      nowMs = atMs;
      usage.touch(keyId);
    },
  };
};

describe('the use of keys', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is written once a minute, the last of each key, however many there were', async () => {
    const written: Uses[] = [];
    const { use } = setUp((uses) => {
      written.push(uses);
      return Promise.resolve();
    });
    for (let ms = 0; ms < 1_000; ms += 1) use(ms % 2 === 0 ? 'a' : 'b', ms);
    await vi.advanceTimersByTimeAsync(WRITE_EVERY_MS - 1);
    expect(written).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(written).toEqual([
      [
        { keyId: 'a', usedAt: new Date(998) },
        { keyId: 'b', usedAt: new Date(999) },
      ],
    ]);
    await vi.advanceTimersByTimeAsync(10 * WRITE_EVERY_MS);
    expect(written).toHaveLength(1);
  });

  it('that could not be written is written later, and what is left when the process stops', async () => {
    const write = vi.fn<(uses: Uses) => Promise<void>>().mockRejectedValueOnce(new Error('down')).mockResolvedValue();
    const { use, usage } = setUp(write);
    use('a', 1);
    await vi.advanceTimersByTimeAsync(WRITE_EVERY_MS);
    use('b', 2);
    await usage.stop();
    expect(write.mock.calls.map(([uses]) => uses.map(({ keyId }) => keyId).sort())).toEqual([['a'], ['a', 'b']]);
  });
});
