import { createCatalog } from '@pressroom/catalog';
import { silentLogger } from '@pressroom/runtime';
import { describe, expect, it } from 'vitest';
import { BreakerOpenError, ProviderRateLimitedError } from '../errors.ts';
import type { GatewaySettingsInput } from '../settings/gateway-settings.ts';
import { aCall, aScope, NOW_MS } from '../testing/builders.ts';
import { createFakeProvider } from '../testing/fake-provider.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { createMemoryStore } from '../testing/memory-store.ts';
import { createGateway } from './gateway.ts';

/** A single vendor, so that calls have no alternative. */
function setUp(pacing: NonNullable<GatewaySettingsInput['pacing']> = {}, workers = 1) {
  const openai = createFakeProvider('openai');
  const store = createMemoryStore();
  const clock = createManualClock(NOW_MS);
  const paced: { lane: string; waitedMs: number }[] = [];
  const gateway = createGateway({
    catalog: createCatalog(),
    providers: [openai],
    store,
    clock,
    random: () => 0,
    log: silentLogger(),
    config: { pacing },
    workers: () => workers,
    metrics: {
      callEnded: () => undefined,
      replyReused: () => undefined,
      breakerChanged: () => undefined,
      callPaced: ({ lane, waitedMs }) => paced.push({ lane, waitedMs }),
    },
  });
  const call = (path: string, scope = aScope()) => {
    const made = gateway.bind(scope).call(aCall({ path }));
    made.catch(() => undefined);
    return made;
  };
  return { openai, store, clock, paced, call, idle: () => new Promise(setImmediate) };
}

describe('pacing of calls', () => {
  it('delays a call until there is capacity, without reserving money meanwhile', async () => {
    const { openai, store, clock, paced, call, idle } = setUp({ limits: { openai: { requestsPerMinute: 1 } } });
    await call('first');
    const second = call('second');
    await idle();
    expect(openai.requests).toHaveLength(1);
    expect(store.ended).toHaveLength(1);
    await clock.advance(61_000);
    await second;
    expect(openai.requests).toHaveLength(2);
    expect(paced).toEqual([{ lane: 'interactive', waitedMs: 61_000 }]);
  });

  it('uses only its share of the limit of all workers', async () => {
    const { openai, call, idle } = setUp({ limits: { openai: { requestsPerMinute: 4 } } }, 2);
    for (const path of ['1', '2', '3', '4']) void call(path);
    await idle();
    expect(openai.requests).toHaveLength(2);
  });

  it('learns the limits from response headers', async () => {
    const { openai, call, idle } = setUp();
    openai.plan({ text: 'ok', limits: { requestsPerMinute: 2 } });
    await call('first');
    for (const path of ['second', 'third']) void call(path);
    await idle();
    expect(openai.requests).toHaveLength(2);
  });

  it('delays other calls too after a rate-limit error', async () => {
    const { openai, clock, call, idle } = setUp();
    openai.plan({ end: new ProviderRateLimitedError('slow down', { retryAfterMs: 3_000 }) });
    const first = call('first');
    await idle();
    const other = call('other', aScope({ stepId: '0193f0a0-0000-7000-8000-00000000000f' }));
    await idle();
    const model = openai.requests[0]?.model.ref;
    expect(openai.requests.filter((request) => request.model.ref === model)).toHaveLength(1);
    await clock.advance(3_001);
    await clock.advance(1);
    await Promise.all([first, other]);
  });

  it('returns its permit when no request is made', async () => {
    const { openai, store, call } = setUp({ limits: { openai: { requestsPerMinute: 1 } } });
    store.reserve = () => Promise.resolve({ outcome: 'fenced' });
    await expect(call('first')).rejects.toThrow();
    const again = createMemoryStore();
    store.reserve = (request) => again.reserve(request);
    store.endCall = (request) => again.endCall(request);
    await call('second');
    expect(openai.requests).toHaveLength(1);
  });

  it('delays the step, without counting a failure, when no permit is granted in time', async () => {
    const { clock, call, idle } = setUp({ limits: { openai: { requestsPerMinute: 1 } }, maxWaitMs: 100 });
    // Uses up every model of the tier and of lower tiers once.
    const outcomes = ['1', '2', '3', '4', '5', '6', '7', '8'].map((path) => call(path));
    for (let n = 0; n < 20; n += 1) {
      await idle();
      await clock.advance(101);
    }
    const settled = await Promise.allSettled(outcomes);
    const refused = settled.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => reason as unknown);
    expect(refused.length).toBeGreaterThan(0);
    for (const reason of refused) {
      expect(reason).toBeInstanceOf(BreakerOpenError);
      expect((reason as BreakerOpenError).retryAfterMs).toBeGreaterThan(0);
    }
  });
});
