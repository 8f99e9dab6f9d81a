import { describe, expect, it } from 'vitest';

import { systemClock } from './clock.ts';

describe('systemClock.sleep', () => {
  it('rejects with the reason of an aborted signal', async () => {
    await expect(systemClock.sleep(60_000, AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
  });

  it('rejects as soon as the signal aborts', async () => {
    const controller = new AbortController();
    const slept = systemClock.sleep(60_000, controller.signal);
    controller.abort(new Error('stop'));
    await expect(slept).rejects.toThrow('stop');
  });

  it('resolves after the time, regardless of a later abort', async () => {
    const controller = new AbortController();
    await expect(systemClock.sleep(1, controller.signal)).resolves.toBeUndefined();
    controller.abort();
  });

  it('has a monotonic clock that never decreases', () => {
    const first = systemClock.monotonicMs();
    expect(systemClock.monotonicMs()).toBeGreaterThanOrEqual(first);
  });
});
