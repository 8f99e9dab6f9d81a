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
  /** What the fleet answers. */
  let fleet: { open: OpenBreaker[]; probe: Awaited<ReturnType<SharedBreakers['takeProbe']>>; away: boolean };

  beforeEach(() => {
    changes = [];
    reports = [];
    ended = [];
    fleet = { open: [], probe: { outcome: 'probe', openForMs: 0 }, away: false };
    const shared: SharedBreakers = {
      report: (calls) => {
        if (fleet.away) return Promise.reject(new Error('away'));
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
  const tell = async (...open: OpenBreaker[]): Promise<void> => {
    await clock.advance(1);
    breakers.sync(open, clock.monotonicMs());
  };
  const isOpen = (openForMs: number, probing = false): OpenBreaker => ({ ...key, openForMs, probing });

  it('counts an outage into the fleet’s at once, and what went well with the next sync', async () => {
    await breakers.run(model, fine);
    await breakers.run(model, fine);
    expect(reports).toEqual([]);
    await swallow(breakers.run(model, outage));
    expect(reports).toEqual(['1 of 3']);
    await breakers.run(model, fine);
    await tell();
    expect(reports).toEqual(['1 of 3', '0 of 1']);
    await tell();
    expect(reports).toHaveLength(2);
  });

  it('counts nothing that says nothing of the provider', async () => {
    await swallow(breakers.run(model, () => Promise.reject(new LeaseLostError())));
    await tell();
    expect(reports).toEqual([]);
    await swallow(breakers.run(model, () => Promise.reject(new ProviderBadRequestError('no'))));
    await tell();
    expect(reports).toEqual(['0 of 1']);
  });

  it('does not open by itself: the fleet decides', async () => {
    for (let request = 0; request < 9; request += 1) await swallow(breakers.run(model, outage));
    expect(breakers.isCallable(model)).toBe(true);
    fleet.open = [isOpen(1_000)];
    await swallow(breakers.run(model, outage));
    expect(breakers.isCallable(model)).toBe(false);
    expect(breakers.reopensInMs(model)).toBe(1_000);
    expect(changes).toMatchObject([{ ...key, state: 'open' }]);
  });

  it('is open here as soon as it is heard of, and refuses without starting', async () => {
    await tell(isOpen(1_000));
    const action = vi.fn(fine);
    await expect(breakers.run(model, action)).rejects.toBeInstanceOf(BreakerOpenError);
    expect(action).not.toHaveBeenCalled();
    await tell();
    await breakers.run(model, action);
    expect(action).toHaveBeenCalledOnce();
    expect(changes.map(({ state }) => state)).toEqual(['open', 'closed']);
  });

  it('sends the probe that it is given, and closes for everybody when that went well', async () => {
    await tell(isOpen(100));
    await clock.advance(100);
    expect(breakers.isCallable(model)).toBe(true);
    await breakers.run(model, fine);
    expect(ended).toEqual(['closed']);
    expect(changes.map(({ state }) => state)).toEqual(['open', 'halfOpen', 'closed']);
  });

  it.each([
    ['failed', () => Promise.reject(new ProviderUnavailableError('down'))],
    ['told nothing', () => Promise.reject(new LeaseLostError())],
  ])('opens again for everybody when the probe %s', async (_, action) => {
    await tell(isOpen(0));
    await swallow(breakers.run(model, action));
    expect(ended).toEqual(['open']);
    expect(breakers.isCallable(model)).toBe(false);
  });

  it('waits while another process probes', async () => {
    fleet.probe = { outcome: 'wait', openForMs: 0 };
    await tell(isOpen(0));
    const action = vi.fn(fine);
    await expect(breakers.run(model, action)).rejects.toBeInstanceOf(BreakerOpenError);
    expect(action).not.toHaveBeenCalled();
    expect(breakers.isCallable(model)).toBe(false);
    expect(breakers.reopensInMs(model)).toBeGreaterThan(0);
  });

  it('goes on at once when another process’s probe has gone well', async () => {
    fleet.probe = { outcome: 'closed', openForMs: 0 };
    await tell(isOpen(0));
    await breakers.run(model, fine);
    expect(breakers.isCallable(model)).toBe(true);
    expect(ended).toEqual([]);
  });

  it('takes no notice of older news than it has', async () => {
    const askedBefore = clock.monotonicMs();
    await clock.advance(50);
    fleet.open = [isOpen(1_000)];
    await swallow(breakers.run(model, outage));
    breakers.sync([], askedBefore);
    expect(breakers.isCallable(model)).toBe(false);
  });

  it('keeps what it could not report for the next time', async () => {
    fleet.away = true;
    await swallow(breakers.run(model, outage));
    fleet.away = false;
    await swallow(breakers.run(model, outage));
    expect(reports).toEqual(['2 of 2']);
  });
});
