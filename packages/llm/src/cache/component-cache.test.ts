import { createCatalog } from '@pressroom/catalog';
import { silentLogger } from '@pressroom/runtime';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ProviderUnavailableError } from '../errors.ts';
import { createGateway } from '../gateway/gateway.ts';
import type { CallScope, LogicalCall } from '../ports.ts';
import type { GatewaySettingsInput } from '../settings/gateway-settings.ts';
import { aCall, aScope, NOW_MS } from '../testing/builders.ts';
import { createFakeProvider } from '../testing/fake-provider.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { createMemoryCache } from '../testing/memory-cache.ts';
import { createMemoryStore } from '../testing/memory-store.ts';
import { componentKey } from './component-cache.ts';

const aSummary = (part: Partial<LogicalCall<string>> = {}): LogicalCall<string> =>
  aCall({ path: 'summarise/src-1', purpose: 'source-summary', temperature: 0, ...part });

/** Tries are an attempt's own and used up by it. */
const fresh = (scope: CallScope): CallScope => ({ ...scope, tries: { left: 20 } });

/** Scopes of two tasks of one tenant. */
const first = aScope({ taskId: 'task-1', stepId: 'step-1' });
const second = aScope({ taskId: 'task-2', stepId: 'step-2' });

function setUp(options: { config?: GatewaySettingsInput; simulated?: boolean } = {}) {
  const openai = createFakeProvider('openai', { simulated: options.simulated ?? false });
  const store = createMemoryStore();
  const clock = createManualClock(NOW_MS);
  const cache = createMemoryCache(clock);
  const avoidedCaches: string[] = [];
  const gatewayOver = (providers = [openai]) =>
    createGateway({
      catalog: createCatalog(),
      providers,
      store,
      cache,
      clock,
      random: () => 0,
      log: silentLogger(),
      config: options.config ?? {},
      metrics: {
        callEnded: () => undefined,
        callAvoided: (facts) => avoidedCaches.push(facts.cache),
        breakerChanged: () => undefined,
      },
    });
  const gateway = gatewayOver();
  const ask = (scope: CallScope, call = aSummary()) => gateway.bind(fresh(scope)).call(call);
  return { openai, store, clock, cache, gateway, gatewayOver, ask, avoidedCaches };
}

describe('the component cache', () => {
  it('answers the same request of another task of the tenant, and enters it as avoided', async () => {
    const { openai, store, gateway, ask, avoidedCaches } = setUp();
    openai.plan('Twice a day.');
    await ask(first);
    const llm = gateway.bind(fresh(second));
    const result = await llm.call(aSummary({ path: 'summarise/src-7' }));
    expect(result).toMatchObject({ value: 'Twice a day.', cache: 'component', model: 'gpt-6-luna' });
    expect(openai.requests).toHaveLength(1);
    expect(store.ended).toHaveLength(1);
    expect(llm.takeAvoided()).toMatchObject([
      {
        path: 'summarise/src-7',
        purpose: 'source-summary',
        cache: 'component',
        lever: 'cache',
        baselineNanoUsd: store.ended[0]?.baselineNanoUsd,
      },
    ]);
    expect(avoidedCaches).toEqual(['component']);
  });

  it('never answers another tenant', async () => {
    const { openai, ask } = setUp();
    await ask(first);
    const result = await ask({ ...second, tenantId: 'another tenant' });
    expect(result.cache).toBe('miss');
    expect(openai.requests).toHaveLength(2);
  });

  it.each([
    { title: 'the text', call: { messages: [{ role: 'user' as const, content: 'Another source.' }] } },
    { title: 'the prompt’s version', call: { prompt: { id: 'draft-section', version: '2' } } },
    { title: 'the instructions', call: { system: 'You write otherwise.' } },
    { title: 'the tier', call: { tier: 'T2' as const } },
    { title: 'the cap', call: { maxOutputTokens: 999 } },
  ])('does not answer when $title differs', async ({ call }) => {
    const { openai, ask } = setUp();
    await ask(first);
    await ask(second, aSummary(call));
    expect(openai.requests).toHaveLength(2);
  });

  it('does not answer across qualities that ask different tiers', async () => {
    const { ask } = setUp();
    await ask(first);
    expect(await ask({ ...second, quality: 'premium' })).toMatchObject({ cache: 'miss', tier: 'T2' });
  });

  it('leaves purposes alone that did not ask for it', async () => {
    const { openai, cache, ask } = setUp();
    await ask(first, aCall());
    await ask(second, aCall());
    expect(openai.requests).toHaveLength(2);
    expect(cache.saved).toEqual([]);
  });

  it('can be switched off', async () => {
    const { openai, ask } = setUp({ config: { cache: { component: { enabled: false } } } });
    await ask(first);
    await ask(second);
    expect(openai.requests).toHaveLength(2);
  });

  it('forgets after its time', async () => {
    const { clock, cache, ask } = setUp({ config: { cache: { component: { ttlMs: 60_000 } } } });
    await ask(first);
    expect(cache.saved).toMatchObject([{ taskId: 'task-1', ttlMs: 60_000 }]);
    await clock.advance(59_999);
    expect((await ask(second)).cache).toBe('component');
    await clock.advance(1);
    expect((await ask(second)).cache).toBe('miss');
  });

  it('comes after the journal', async () => {
    const { openai, ask } = setUp();
    openai.plan('Twice a day.');
    await ask(first);
    expect((await ask({ ...first, attempt: 2, hasPast: true })).cache).toBe('journal');
  });

  it('keeps no reply that a lower tier gave in place of the one that was asked', async () => {
    const { openai, cache, ask } = setUp();
    openai.plan({ end: new ProviderUnavailableError('down', { doNotRetry: true }) }, 'Twice a day.');
    const result = await ask(first, aSummary({ tier: 'T3' }));
    expect(result.degraded).toBe(true);
    expect(cache.saved).toEqual([]);
  });

  it('asks anew when today’s code no longer accepts what is kept', async () => {
    const { openai, gateway } = setUp();
    const schema = { name: 'title', zod: z.strictObject({ title: z.string() }) };
    openai.plan('{"title":"A"}', '{"title":"B"}');
    await gateway.bind(fresh(first)).call({ ...aCall<{ title: string }>(), purpose: 'source-summary', schema });
    const strict = { ...aCall<{ title: string }>(), purpose: 'source-summary', schema };
    const accept = ({ title }: { title: string }): string[] => (title === 'B' ? [] : ['not good enough']);
    const result = await gateway.bind(fresh(second)).call({ ...strict, accept });
    expect(result).toMatchObject({ value: { title: 'B' }, cache: 'miss' });
  });

  it('costs nothing but its answer when it is down', async () => {
    const { openai, cache, ask } = setUp();
    cache.isDown = true;
    await expect(ask(first)).resolves.toMatchObject({ cache: 'miss' });
    await expect(ask(second)).resolves.toMatchObject({ cache: 'miss' });
    expect(openai.requests).toHaveLength(2);
  });

  it('keeps what a simulator made up from real installations', async () => {
    const { ask, gatewayOver } = setUp({ simulated: true });
    await ask(first);
    expect((await ask(second)).cache).toBe('component');
    const real = gatewayOver([createFakeProvider('openai')]);
    await expect(real.bind(fresh(second)).call(aSummary())).resolves.toMatchObject({ cache: 'miss', simulated: false });
  });
});

describe('componentKey', () => {
  it('is the same only for the same tenant, request and tier', () => {
    const facts = fc.record({
      tenantId: fc.constantFrom('a', 'b', 'a"b'),
      requestHash: fc.constantFrom('0', '1', '01'),
      tier: fc.constantFrom('T1' as const, 'T2' as const),
      isSimulated: fc.boolean(),
    });
    const keyOf = ({
      tenantId,
      requestHash,
      tier,
      isSimulated,
    }: typeof facts extends fc.Arbitrary<infer F> ? F : never) =>
      componentKey(
        { tenantId },
        { requestHash, asked: { tier, rule: 'purpose', timeoutMs: 1, reasoning: 'off' } },
        isSimulated,
      );
    fc.assert(
      fc.property(facts, facts, (one, other) => {
        const isSame = JSON.stringify(one) === JSON.stringify(other);
        expect(JSON.stringify(keyOf(one)) === JSON.stringify(keyOf(other))).toBe(isSame);
      }),
    );
  });
});

describe('whatever tenants ask in whatever order', () => {
  it('no reply crosses from one tenant to another', async () => {
    const asked = fc.array(fc.record({ tenant: fc.constantFrom('t1', 't2', 't3'), text: fc.constantFrom('a', 'b') }), {
      maxLength: 20,
    });
    await fc.assert(
      fc.asyncProperty(asked, async (calls) => {
        const { openai, ask } = setUp();
        const paid = new Set<string>();
        for (const { tenant, text } of calls) {
          const secret = `reply for ${tenant} on ${text}`;
          if (!paid.has(secret)) openai.plan(secret);
          const scope = aScope({ tenantId: tenant });
          const result = await ask(scope, aSummary({ messages: [{ role: 'user', content: text }] }));
          expect(result.value).toBe(secret);
          expect(result.cache).toBe(paid.has(secret) ? 'component' : 'miss');
          paid.add(secret);
        }
      }),
      { numRuns: 50 },
    );
  });
});
