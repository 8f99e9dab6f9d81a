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

/** The request budget belongs to one attempt. */
const fresh = (scope: CallScope): CallScope => ({ ...scope, requestBudget: { remaining: 20 } });

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
        replyReused: (facts) => avoidedCaches.push(facts.cache),
        breakerChanged: () => undefined,
      },
    });
  const gateway = gatewayOver();
  const callWith = (scope: CallScope, call = aSummary()) => gateway.bind(fresh(scope)).call(call);
  return { openai, store, clock, cache, gateway, gatewayOver, callWith, avoidedCaches };
}

describe('the component cache', () => {
  it('reuses the reply for the same request of another task of the tenant, and records it as avoided', async () => {
    const { openai, store, gateway, callWith, avoidedCaches } = setUp();
    openai.plan('Twice a day.');
    await callWith(first);
    const llm = gateway.bind(fresh(second));
    const result = await llm.call(aSummary({ path: 'summarise/src-7' }));
    expect(result).toMatchObject({ value: 'Twice a day.', cache: 'component', model: 'gpt-6-luna' });
    expect(openai.requests).toHaveLength(1);
    expect(store.ended).toHaveLength(1);
    expect(llm.takeReusedReplies()).toMatchObject([
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

  it('never returns a reply to another tenant', async () => {
    const { openai, callWith } = setUp();
    await callWith(first);
    const result = await callWith({ ...second, tenantId: 'another tenant' });
    expect(result.cache).toBe('miss');
    expect(openai.requests).toHaveLength(2);
  });

  it.each([
    { title: 'the message text', call: { messages: [{ role: 'user' as const, content: 'Another source.' }] } },
    { title: 'the prompt’s version', call: { prompt: { id: 'draft-section', version: '2' } } },
    { title: 'the instructions', call: { system: 'You write otherwise.' } },
    { title: 'the tier', call: { tier: 'T2' as const } },
    { title: 'the cap', call: { maxOutputTokens: 999 } },
  ])('misses when $title differs', async ({ call }) => {
    const { openai, callWith } = setUp();
    await callWith(first);
    await callWith(second, aSummary(call));
    expect(openai.requests).toHaveLength(2);
  });

  it('misses when another quality requests a different tier', async () => {
    const { callWith } = setUp();
    await callWith(first);
    expect(await callWith({ ...second, quality: 'premium' })).toMatchObject({ cache: 'miss', tier: 'T2' });
  });

  it('ignores purposes that are not cacheable', async () => {
    const { openai, cache, callWith } = setUp();
    await callWith(first, aCall());
    await callWith(second, aCall());
    expect(openai.requests).toHaveLength(2);
    expect(cache.saved).toEqual([]);
  });

  it('can be disabled', async () => {
    const { openai, callWith } = setUp({ config: { cache: { component: { enabled: false } } } });
    await callWith(first);
    await callWith(second);
    expect(openai.requests).toHaveLength(2);
  });

  it('expires entries', async () => {
    const { clock, cache, callWith } = setUp({ config: { cache: { component: { ttlMs: 60_000 } } } });
    await callWith(first);
    expect(cache.saved).toMatchObject([{ taskId: 'task-1', ttlMs: 60_000 }]);
    await clock.advance(59_999);
    expect((await callWith(second)).cache).toBe('component');
    await clock.advance(1);
    expect((await callWith(second)).cache).toBe('miss');
  });

  it('is looked up after the journal', async () => {
    const { openai, callWith } = setUp();
    openai.plan('Twice a day.');
    await callWith(first);
    expect((await callWith({ ...first, attempt: 2, hasPriorRun: true })).cache).toBe('journal');
  });

  it('does not save a reply of a lower tier than requested', async () => {
    const { openai, cache, callWith } = setUp();
    openai.plan({ end: new ProviderUnavailableError('down', { doNotRetry: true }) }, 'Twice a day.');
    const result = await callWith(first, aSummary({ tier: 'T3' }));
    expect(result.degraded).toBe(true);
    expect(cache.saved).toEqual([]);
  });

  it('calls the model again when a saved reply no longer passes validation', async () => {
    const { openai, gateway } = setUp();
    const schema = { name: 'title', zod: z.strictObject({ title: z.string() }) };
    openai.plan('{"title":"A"}', '{"title":"B"}');
    await gateway.bind(fresh(first)).call({ ...aCall<{ title: string }>(), purpose: 'source-summary', schema });
    const strict = { ...aCall<{ title: string }>(), purpose: 'source-summary', schema };
    const accept = ({ title }: { title: string }): string[] => (title === 'B' ? [] : ['not good enough']);
    const result = await gateway.bind(fresh(second)).call({ ...strict, accept });
    expect(result).toMatchObject({ value: { title: 'B' }, cache: 'miss' });
  });

  it('does not fail calls when it is unavailable', async () => {
    const { openai, cache, callWith } = setUp();
    cache.isDown = true;
    await expect(callWith(first)).resolves.toMatchObject({ cache: 'miss' });
    await expect(callWith(second)).resolves.toMatchObject({ cache: 'miss' });
    expect(openai.requests).toHaveLength(2);
  });

  it('keeps simulated replies apart from real ones', async () => {
    const { callWith, gatewayOver } = setUp({ simulated: true });
    await callWith(first);
    expect((await callWith(second)).cache).toBe('component');
    const real = gatewayOver([createFakeProvider('openai')]);
    await expect(real.bind(fresh(second)).call(aSummary())).resolves.toMatchObject({ cache: 'miss', simulated: false });
  });
});

describe('componentKey', () => {
  it('is equal only for equal tenant, request and tier', () => {
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
        { requestHash, decision: { tier, rule: 'purpose', timeoutMs: 1, reasoning: 'off' } },
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

describe('with any tenants and any order of calls', () => {
  it('no tenant receives the reply of another', async () => {
    const anyCalls = fc.array(
      fc.record({ tenant: fc.constantFrom('t1', 't2', 't3'), text: fc.constantFrom('a', 'b') }),
      {
        maxLength: 20,
      },
    );
    await fc.assert(
      fc.asyncProperty(anyCalls, async (calls) => {
        const { openai, callWith } = setUp();
        const paid = new Set<string>();
        for (const { tenant, text } of calls) {
          const secret = `reply for ${tenant} on ${text}`;
          if (!paid.has(secret)) openai.plan(secret);
          const scope = aScope({ tenantId: tenant });
          const result = await callWith(scope, aSummary({ messages: [{ role: 'user', content: text }] }));
          expect(result.value).toBe(secret);
          expect(result.cache).toBe(paid.has(secret) ? 'component' : 'miss');
          paid.add(secret);
        }
      }),
      { numRuns: 50 },
    );
  });
});
