import { createCatalog } from '@pressroom/catalog';
import { LeaseLostError, silentLogger } from '@pressroom/runtime';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BreakerOpenError, ProviderBadRequestError, ProviderUnavailableError } from '../errors.ts';
import type { OpenBreaker, SharedBreakers } from '../ports.ts';
import { GatewaySettings } from '../settings/gateway-settings.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import type { BreakerView } from './breakers.ts';
import { createFleetBreakers, type FleetBreakers } from './fleet-breakers.ts';

const model = createCatalog().require('gpt-6-luna');
const key = { provider: model.provider, model: model.id };
const outage = () => Promise.reject(new ProviderUnavailableError('down'));
const fine = () => Promise.resolve();
const swallow = (promise: Promise<void>): Promise<void> => promise.catch(() => undefined);

describe('createFleetBreakers', () => {
  const clock = createManualClock();
  let breakers: FleetBreakers;
  let changes: BreakerView[];
  let reports: unknown[];
  let ended: string[];
  /** The result of the shared store. */
  let fleet: { open: OpenBreaker[]; probe: Awaited<ReturnType<SharedBreakers['takeProbe']>>; unavailable: boolean };

  beforeEach(() => {
    changes = [];
    reports = [];
    ended = [];
    fleet = { open: [], probe: { outcome: 'probe', openForMs: 0 }, unavailable: false };
    const shared: SharedBreakers = {
      report: (calls) => {
        if (fleet.unavailable) return Promise.reject(new Error('unavailable'));
        reports.push(...calls.map(({ requests, failures }) => `${failures} of ${requests}`));
        return Promise.resolve(fleet.open);
      },
      takeProbe: () => Promise.resolve(fleet.probe),
      endProbe: (_, state) => {
        ended.push(state);
        return Promise.resolve();
      },
    };
    const { breaker } = GatewaySettings.parse({ breaker: { minRequests: 1 } });
    const onChange = (view: BreakerView) => changes.push(view);
    breakers = createFleetBreakers({ settings: breaker, clock, shared, onChange, log: silentLogger() });
  });
  afterEach(() => {
    breakers.close();
  });
  const sync = async (...open: OpenBreaker[]): Promise<void> => {
    await clock.advance(1);
    breakers.sync(open, clock.monotonicMs());
  };
  const isOpen = (openForMs: number, probing = false): OpenBreaker => ({ ...key, openForMs, probing });

  it('reports an outage immediately and successes with the next sync', async () => {
    await breakers.run(model, fine);
    await breakers.run(model, fine);
    expect(reports).toEqual([]);
    await swallow(breakers.run(model, outage));
    expect(reports).toEqual(['1 of 3']);
    await breakers.run(model, fine);
    await sync();
    expect(reports).toEqual(['1 of 3', '0 of 1']);
    await sync();
    expect(reports).toHaveLength(2);
  });

  it('does not count errors unrelated to the provider', async () => {
    await swallow(breakers.run(model, () => Promise.reject(new LeaseLostError())));
    await sync();
    expect(reports).toEqual([]);
    await swallow(breakers.run(model, () => Promise.reject(new ProviderBadRequestError('no'))));
    await sync();
    expect(reports).toEqual(['0 of 1']);
  });

  it('does not open locally: the shared state decides', async () => {
    for (let request = 0; request < 9; request += 1) await swallow(breakers.run(model, outage));
    expect(breakers.isCallable(model)).toBe(true);
    fleet.open = [isOpen(1_000)];
    await swallow(breakers.run(model, outage));
    expect(breakers.isCallable(model)).toBe(false);
    expect(breakers.reopensInMs(model)).toBe(1_000);
    expect(changes).toMatchObject([{ ...key, state: 'open' }]);
  });

  it('opens as soon as the shared state says so, and rejects requests without starting them', async () => {
    await sync(isOpen(1_000));
    const action = vi.fn(fine);
    await expect(breakers.run(model, action)).rejects.toBeInstanceOf(BreakerOpenError);
    expect(action).not.toHaveBeenCalled();
    await sync();
    await breakers.run(model, action);
    expect(action).toHaveBeenCalledOnce();
    expect(changes.map(({ state }) => state)).toEqual(['open', 'closed']);
  });

  it('sends the probe that it acquired, and closes for all processes when the probe succeeds', async () => {
    await sync(isOpen(100));
    await clock.advance(100);
    expect(breakers.isCallable(model)).toBe(true);
    await breakers.run(model, fine);
    expect(ended).toEqual(['closed']);
    expect(changes.map(({ state }) => state)).toEqual(['open', 'halfOpen', 'closed']);
  });

  it.each([
    ['failed', () => Promise.reject(new ProviderUnavailableError('down'))],
    ['is inconclusive', () => Promise.reject(new LeaseLostError())],
  ])('opens again for all processes when the probe %s', async (_, action) => {
    await sync(isOpen(0));
    await swallow(breakers.run(model, action));
    expect(ended).toEqual(['open']);
    expect(breakers.isCallable(model)).toBe(false);
  });

  it('rejects requests while another process probes', async () => {
    fleet.probe = { outcome: 'wait', openForMs: 0 };
    await sync(isOpen(0));
    const action = vi.fn(fine);
    await expect(breakers.run(model, action)).rejects.toBeInstanceOf(BreakerOpenError);
    expect(action).not.toHaveBeenCalled();
    expect(breakers.isCallable(model)).toBe(false);
    expect(breakers.reopensInMs(model)).toBeGreaterThan(0);
  });

  it('admits requests as soon as the probe of another process succeeds', async () => {
    fleet.probe = { outcome: 'closed', openForMs: 0 };
    await sync(isOpen(0));
    await breakers.run(model, fine);
    expect(breakers.isCallable(model)).toBe(true);
    expect(ended).toEqual([]);
  });

  it('ignores state older than its own', async () => {
    const askedBefore = clock.monotonicMs();
    await clock.advance(50);
    fleet.open = [isOpen(1_000)];
    await swallow(breakers.run(model, outage));
    breakers.sync([], askedBefore);
    expect(breakers.isCallable(model)).toBe(false);
  });

  it('keeps unreported counts for the next report', async () => {
    fleet.unavailable = true;
    await swallow(breakers.run(model, outage));
    fleet.unavailable = false;
    await swallow(breakers.run(model, outage));
    expect(reports).toEqual(['2 of 2']);
  });
});
