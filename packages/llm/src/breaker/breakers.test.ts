import { LeaseLostError } from '@pressroom/runtime';
import { createCatalog } from '@pressroom/catalog';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BreakerOpenError, ProviderBadRequestError, ProviderUnavailableError } from '../errors.ts';
import { GatewaySettings } from '../settings/gateway-settings.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { createBreakers, type Breakers, type BreakerView } from './breakers.ts';

const model = createCatalog().require('gpt-6-luna');
const other = createCatalog().require('gpt-6-sol');
const outage = () => Promise.reject(new ProviderUnavailableError('down'));
const fine = () => Promise.resolve();
const swallow = (promise: Promise<void>): Promise<void> => promise.catch(() => undefined);

describe('createBreakers', () => {
  const clock = createManualClock();
  let breakers: Breakers;
  let changes: BreakerView[];

  beforeEach(() => {
    // The breaker library keeps its own timers.
    vi.useFakeTimers();
    changes = [];
    const { breaker } = GatewaySettings.parse({ breaker: { minRequests: 3, openMs: 1_000 } });
    breakers = createBreakers({ settings: breaker, clock, onChange: (view) => changes.push(view) });
  });
  afterEach(() => {
    breakers.close();
    vi.useRealTimers();
  });
  const open = async (): Promise<void> => {
    for (let request = 0; request < 3; request += 1) await swallow(breakers.run(model, outage));
  };

  it('opens after enough outages, for that model only', async () => {
    await open();
    expect([breakers.isCallable(model), breakers.isCallable(other)]).toEqual([false, true]);
    expect(breakers.reopensInMs(model)).toBe(1_000);
    expect(changes).toMatchObject([{ model: 'gpt-6-luna', state: 'open', failureRate: 1 }]);
  });

  it('rejects requests while open without starting them', async () => {
    await open();
    const action = vi.fn(fine);
    await expect(breakers.run(model, action)).rejects.toBeInstanceOf(BreakerOpenError);
    expect(action).not.toHaveBeenCalled();
  });

  it('stays closed on faults that the provider did not cause', async () => {
    for (let request = 0; request < 9; request += 1) {
      await swallow(breakers.run(model, () => Promise.reject(new ProviderBadRequestError('no'))));
      await swallow(breakers.run(model, () => Promise.reject(new LeaseLostError())));
    }
    expect(breakers.isCallable(model)).toBe(true);
  });

  it('admits exactly one probe when half open, and closes when it succeeds', async () => {
    await open();
    await vi.advanceTimersByTimeAsync(1_000);
    const gate = Promise.withResolvers<undefined>();
    const started = vi.fn(async () => {
      await gate.promise;
    });
    const probes = Array.from({ length: 5 }, () => breakers.run(model, started));
    const outcomes = Promise.allSettled(probes);
    expect(started).toHaveBeenCalledTimes(1);
    expect(breakers.isCallable(model)).toBe(false);
    gate.resolve(undefined);
    expect((await outcomes).map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
      'rejected',
      'rejected',
    ]);
    expect(breakers.isCallable(model)).toBe(true);
    expect(changes.map(({ state }) => state)).toEqual(['open', 'halfOpen', 'closed']);
  });

  it('opens again when the probe fails', async () => {
    await open();
    await vi.advanceTimersByTimeAsync(1_000);
    await swallow(breakers.run(model, outage));
    expect(breakers.isCallable(model)).toBe(false);
  });

  it('opens again when the probe is inconclusive: a cancelled call does not prove health', async () => {
    await open();
    await vi.advanceTimersByTimeAsync(1_000);
    await expect(breakers.run(model, () => Promise.reject(new LeaseLostError()))).rejects.toBeInstanceOf(
      LeaseLostError,
    );
    expect(breakers.isCallable(model)).toBe(false);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(breakers.isCallable(model)).toBe(true);
  });
});
