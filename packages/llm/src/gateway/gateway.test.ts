import { createCatalog } from '@pressroom/catalog';
import { LeaseLostError, silentLogger } from '@pressroom/runtime';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  BreakerOpenError,
  BudgetExhaustedError,
  CallBudgetExhaustedError,
  ContextTooLongError,
  DeadlineReachedError,
  NoCandidateModelError,
  OutputInvalidError,
  ProviderAuthFailedError,
  ProviderBadRequestError,
  ProviderRateLimitedError,
  ProviderRefusedError,
  ProviderTimedOutError,
  ProviderUnavailableError,
} from '../errors.ts';
import type { GatewaySettingsInput } from '../settings/gateway-settings.ts';
import { aCall, aScope, NOW_MS } from '../testing/builders.ts';
import { createFakeProvider, usageOf } from '../testing/fake-provider.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { createMemoryStore } from '../testing/memory-store.ts';
import { countTokens } from '../tokens/count-tokens.ts';
import type { GatewayMetrics } from './gateway-context.ts';
import { createGateway } from './gateway.ts';

/** Classified like status 503. */
const down = new ProviderUnavailableError('down', { isFree: true });
const Title = { name: 'title', zod: z.strictObject({ title: z.string() }) };

/** A gateway with two fake vendors, an in-memory store and a manual clock. */
function setUp(config: GatewaySettingsInput = {}) {
  const openai = createFakeProvider('openai');
  const anthropic = createFakeProvider('anthropic');
  const store = createMemoryStore();
  const clock = createManualClock(NOW_MS);
  const ended: Parameters<GatewayMetrics['callEnded']>[0][] = [];
  const metrics: GatewayMetrics = {
    callEnded: (facts) => ended.push(facts),
    replyReused: () => undefined,
    breakerChanged: () => undefined,
  };
  const gateway = createGateway({
    catalog: createCatalog(),
    providers: [openai, anthropic],
    store,
    clock,
    // Full jitter at zero: backoffs take no time unless the provider sends a `retry-after`.
    random: () => 0,
    log: silentLogger(),
    config,
    metrics,
  });
  /** Lets zero-length backoffs elapse. */
  const settle = async <T>(promise: Promise<T>): Promise<T> => {
    let done = false;
    const watched = promise.finally(() => {
      done = true;
    });
    watched.catch(() => undefined);
    while (!(done as boolean)) await clock.advance(0);
    return await watched;
  };
  return { gateway, openai, anthropic, store, clock, ended, settle };
}

const models = (store: ReturnType<typeof createMemoryStore>): string[] => store.ended.map((entry) => entry.model);
const reasons = (store: ReturnType<typeof createMemoryStore>): string[] =>
  store.ended.map((entry) => entry.route.reason);

describe('a call', () => {
  it('is answered by the first candidate of its tier and billed exactly', async () => {
    const { gateway, openai, store } = setUp();
    openai.plan({ text: 'Twice a day.', usage: { ...usageOf(40, 5), cacheRead: 8 } });
    const result = await gateway.bind(aScope()).call(aCall());
    expect(result).toEqual({
      value: 'Twice a day.',
      finish: 'stop',
      tier: 'T2',
      model: 'gpt-6.1-terra',
      provider: 'openai',
      cache: 'miss',
      simulated: false,
    });
    expect(store.ended).toHaveLength(1);
    expect(store.ended[0]).toMatchObject({
      status: 'ok',
      costNanoUsd: 40n * 1_000n + 8n * 50n + 5n * 5_000n,
      baselineNanoUsd: 48n * 2_000n + 5n * 10_000n,
      route: { reason: 'preferred', rule: 'purpose' },
      prompt: { id: 'draft-section', version: '1' },
      reply: { text: 'Twice a day.' },
    });
    expect(store.heldNanoUsd()).toBe(0n);
  });

  it('reserves at least the final cost', async () => {
    const { gateway, openai, store } = setUp();
    openai.plan({ text: 'x', usage: usageOf(60, 1_000) });
    await gateway.bind(aScope()).call(aCall());
    expect(store.reservations[0]?.amountNanoUsd).toBeGreaterThanOrEqual(store.ended[0]?.costNanoUsd ?? 0n);
  });

  it('records the paid amount even when it exceeds the reservation', async () => {
    const { gateway, openai, store } = setUp();
    openai.plan({ text: 'x', usage: usageOf(5_000_000, 9_000) });
    await gateway.bind(aScope()).call(aCall());
    expect(store.ended[0]?.costNanoUsd).toBeGreaterThan(store.reservations[0]?.amountNanoUsd ?? 0n);
  });

  it.each([
    { quality: 'economy', purpose: 'outline', tier: undefined, model: 'gpt-6.1-terra', rule: 'purpose' },
    { quality: 'premium', purpose: 'source-summary', tier: undefined, model: 'gpt-6.1-terra', rule: 'purpose' },
    { quality: 'premium', purpose: 'source-summary', tier: 'T1', model: 'gpt-6-luna', rule: 'call' },
    { quality: 'economy', purpose: 'something-new', tier: undefined, model: 'gpt-6.1-terra', rule: 'step' },
  ] as const)(
    'for $purpose at $quality quality is routed to $model by the $rule rule',
    async ({ quality, purpose, tier, model, rule }) => {
      const { gateway, store } = setUp();
      await gateway.bind(aScope({ quality })).call(aCall({ purpose, ...(tier && { tier }) }));
      expect(store.ended[0]).toMatchObject({ model, route: { rule } });
    },
  );

  it('includes reasoning in the cap and the reservation, and disables it where the purpose does not use it', async () => {
    const { gateway, openai, store } = setUp();
    const llm = gateway.bind(aScope());
    await llm.call(aCall({ purpose: 'critique', path: 'a' }));
    await llm.call(aCall({ purpose: 'format', path: 'b' }));
    expect(openai.requests.map((request) => [request.reasoning, request.maxOutputTokens])).toEqual([
      ['low', 5_096],
      ['off', 1_000],
    ]);
    expect(store.reservations.map((reservation) => reservation.maxOutputTokens)).toEqual([5_096, 1_000]);
  });

  it('omits a temperature that the model does not support', async () => {
    const { gateway, openai } = setUp();
    await gateway.bind(aScope()).call(aCall({ temperature: 0.2 }));
    expect(openai.requests[0]).not.toHaveProperty('temperature');
  });

  it('requests prompt caching once the system prompt is long enough', async () => {
    const { gateway, anthropic, openai } = setUp();
    const llm = gateway.bind(aScope());
    for (const [path, words] of [
      ['short', 10],
      ['long', 2_000],
    ] as const) {
      openai.plan({ end: new ProviderBadRequestError('no') });
      await llm.call(aCall({ path, system: 'word '.repeat(words) }));
    }
    expect(anthropic.requests.map((request) => request.cacheSystem)).toEqual([false, true]);
  });

  it('sends the schema and parses the reply with it', async () => {
    const { gateway, openai } = setUp();
    openai.plan('{"title":"Tides"}');
    const result = await gateway.bind(aScope()).call(aCall({ schema: Title }));
    expect(result.value).toEqual({ title: 'Tides' });
    expect(openai.requests[0]?.schema).toMatchObject({ name: 'title', jsonSchema: { additionalProperties: false } });
  });

  it('estimates missing usage and accepts the reply', async () => {
    const { gateway, openai, store } = setUp();
    openai.plan({ text: 'Twice a day.', usage: null });
    await gateway.bind(aScope()).call(aCall());
    expect(store.ended[0]).toMatchObject({
      status: 'estimated',
      usage: { output: countTokens('Twice a day.') },
      reply: { text: 'Twice a day.' },
    });
    expect(store.ended[0]?.usage.uncachedInput).toBeGreaterThan(0);
  });

  it('requires a model whose context fits prompt and reply', async () => {
    const { gateway, openai } = setUp();
    const call = aCall({ messages: [{ role: 'user', content: 'tide '.repeat(900_000) }] });
    await expect(gateway.bind(aScope()).call(call)).rejects.toBeInstanceOf(ContextTooLongError);
    expect(openai.requests).toEqual([]);
  });

  it('requires a configured provider', async () => {
    const { store, clock } = setUp();
    const gateway = createGateway({
      catalog: createCatalog(),
      providers: [],
      store,
      clock,
      random: () => 0,
      log: silentLogger(),
    });
    await expect(gateway.bind(aScope()).call(aCall())).rejects.toBeInstanceOf(NoCandidateModelError);
  });

  it('settles the cost even when the caller’s check throws', async () => {
    const { gateway, store } = setUp();
    const accept = (): string[] => {
      throw new TypeError('a bug');
    };
    await expect(gateway.bind(aScope()).call(aCall({ accept }))).rejects.toThrow('a bug');
    expect(store.heldNanoUsd()).toBe(0n);
    expect(store.ended).toMatchObject([{ status: 'ok', error: { code: 'INTERNAL' } }]);
    expect(store.journal.size).toBe(0);
  });
});

describe('the journal', () => {
  it('answers a later attempt without a request and reports the avoided cost', async () => {
    const { gateway, openai, store } = setUp();
    const first = await gateway.bind(aScope()).call(aCall());
    const again = gateway.bind(aScope({ attempt: 2, hasPriorRun: true }));
    const second = await again.call(aCall());
    expect(second).toEqual({ ...first, cache: 'journal' });
    expect(openai.requests).toHaveLength(1);
    expect(store.reservations).toHaveLength(1);
    expect(again.takeReusedReplies()).toMatchObject([
      {
        path: 'section',
        cache: 'journal',
        lever: 'journal',
        model: 'gpt-6.1-terra',
        baselineNanoUsd: store.ended[0]?.costNanoUsd,
      },
    ]);
    expect(again.takeReusedReplies()).toEqual([]);
  });

  it.each([
    { change: 'another path', call: { path: 'section/2' }, scope: {} },
    { change: 'another prompt', call: { system: 'You write well.' }, scope: {} },
    { change: 'a new journal generation', call: {}, scope: { journalGeneration: 2 } },
  ])('misses for $change', async ({ call, scope }) => {
    const { gateway, openai } = setUp();
    await gateway.bind(aScope()).call(aCall());
    await gateway.bind(aScope(scope)).call(aCall(call));
    expect(openai.requests).toHaveLength(2);
  });

  it('does not store a reply that failed its checks', async () => {
    const { gateway, openai, store, settle } = setUp();
    openai.plan('no json', '{"title":"Tides"}');
    await settle(gateway.bind(aScope()).call(aCall({ schema: Title })));
    expect(store.ended.map((entry) => entry.reply?.text)).toEqual([undefined, '{"title":"Tides"}']);
  });

  it('is bypassed when its reply no longer passes validation', async () => {
    const { gateway, openai } = setUp();
    await gateway.bind(aScope()).call(aCall());
    openai.plan('better');
    const stricter = aCall({ accept: (text: string) => (text === 'better' ? [] : ['bad']) });
    expect((await gateway.bind(aScope({ attempt: 2, hasPriorRun: true })).call(stricter)).value).toBe('better');
  });
});

describe('concurrent identical calls', () => {
  it('share one request within an attempt', async () => {
    const { gateway, openai, store } = setUp();
    const llm = gateway.bind(aScope());
    const [a, b] = await Promise.all([llm.call(aCall()), llm.call(aCall())]);
    expect(a).toBe(b);
    expect(openai.requests).toHaveLength(1);
    expect(store.ended).toHaveLength(1);
  });

  it('are not shared across attempts, which are fenced separately', async () => {
    const { gateway, openai } = setUp();
    await Promise.all([gateway.bind(aScope()).call(aCall()), gateway.bind(aScope({ stepId: 'other' })).call(aCall())]);
    expect(openai.requests).toHaveLength(2);
  });
});

describe('before any request', () => {
  it('a budget that cannot hold the worst case refuses the call without using the request budget', async () => {
    const { gateway, openai, store } = setUp();
    store.limitNanoUsd = 1_000n;
    const scope = aScope();
    const error: unknown = await gateway
      .bind(scope)
      .call(aCall())
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BudgetExhaustedError);
    expect(error).toMatchObject({ budget: 'task:1', retryable: false });
    expect((error as Error).message).toMatch(
      /^the next call may cost up to \$0\.\d+, and \$0\.000001 is left of the task's budget of \$0\.000001 \(\$0\.00 spent, \$0\.00 held .*larger budgetUsd/,
    );
    expect(openai.requests).toEqual([]);
    expect(scope.requestBudget.remaining).toBe(8);
  });

  it('an attempt that has lost its lease cannot call', async () => {
    const { gateway, openai, store } = setUp();
    store.fenced = true;
    await expect(gateway.bind(aScope()).call(aCall())).rejects.toBeInstanceOf(LeaseLostError);
    expect(openai.requests).toEqual([]);
  });

  it('an aborted attempt cannot call', async () => {
    const { gateway, store } = setUp();
    const reason = new Error('cancelled');
    await expect(gateway.bind(aScope({ signal: AbortSignal.abort(reason) })).call(aCall())).rejects.toBe(reason);
    expect(store.reservations).toEqual([]);
  });

  it('a call is not started when the attempt has too little time left', async () => {
    const { gateway, openai } = setUp();
    await expect(gateway.bind(aScope({ deadlineAtMs: 249 })).call(aCall())).rejects.toBeInstanceOf(
      DeadlineReachedError,
    );
    expect(openai.requests).toEqual([]);
  });

  it('concurrent calls cannot exceed a budget', async () => {
    const { gateway, openai, store } = setUp();
    await gateway.bind(aScope()).call(aCall({ path: 'probe' }));
    const perCall = store.reservations[0]?.amountNanoUsd ?? 0n;
    store.limitNanoUsd = store.spentNanoUsd() + perCall * 5n;
    const calls = Array.from({ length: 40 }, (_, index) => gateway.bind(aScope()).call(aCall({ path: `p${index}` })));
    const outcomes = await Promise.allSettled(calls);
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(store.spentNanoUsd()).toBeLessThanOrEqual(store.limitNanoUsd);
    expect(refused.every((outcome) => outcome.reason instanceof BudgetExhaustedError)).toBe(true);
    expect(openai.requests.length - 1).toBe(40 - refused.length);
    expect(refused.length).toBeGreaterThan(0);
  });
});

describe('a failing provider', () => {
  it('is retried, then the tier’s next candidate is called, each with its own reservation and entry', async () => {
    const { gateway, openai, anthropic, store, settle } = setUp();
    openai.plan({ end: down }, { end: down });
    const scope = aScope();
    const result = await settle(gateway.bind(scope).call(aCall()));
    expect(result).toMatchObject({ provider: 'anthropic', model: 'claude-sonnet-5-5', tier: 'T2' });
    expect(result).not.toHaveProperty('degraded');
    expect(models(store)).toEqual(['gpt-6.1-terra', 'gpt-6.1-terra', 'claude-sonnet-5-5']);
    expect(reasons(store)).toEqual([
      'preferred',
      'retry after PROVIDER_UNAVAILABLE',
      'fallback after PROVIDER_UNAVAILABLE',
    ]);
    expect(store.ended.map((entry) => [entry.status, entry.costNanoUsd === 0n])).toEqual([
      ['failed', true],
      ['failed', true],
      ['ok', false],
    ]);
    expect(new Set(store.reservations.map((reservation) => reservation.reservationId)).size).toBe(3);
    expect(scope.requestBudget.remaining).toBe(5);
    expect(anthropic.requests).toHaveLength(1);
  });

  it('makes the gateway fall back to a lower tier when no other candidate remains, and the result is marked degraded', async () => {
    const { gateway, openai, anthropic, store, settle } = setUp({ retry: { triesPerModel: 1 } });
    openai.plan({ end: down });
    anthropic.plan({ end: down });
    const result = await settle(gateway.bind(aScope()).call(aCall()));
    expect(result).toMatchObject({ model: 'gpt-6-luna', tier: 'T1', degraded: true });
    expect(reasons(store).at(-1)).toBe('degraded after PROVIDER_UNAVAILABLE');
  });

  it('is retried after its `retry-after` when there is no alternative', async () => {
    const { gateway, openai, anthropic, clock } = setUp();
    anthropic.plan({ end: new ProviderAuthFailedError('no') });
    openai.plan({ end: new ProviderRateLimitedError('slow down', { retryAfterMs: 3_000 }) });
    const answered = gateway.bind(aScope()).call(aCall({ purpose: 'source-summary' }));
    await clock.untilSleeping(3_000);
    expect(openai.requests).toHaveLength(1);
    await clock.advance(3_000);
    expect((await answered).model).toBe('gpt-6-luna');
  });

  it('is excluded immediately when its `retry-after` is long and another model can answer', async () => {
    const { gateway, openai } = setUp();
    openai.plan({ end: new ProviderRateLimitedError('slow down', { retryAfterMs: 60_000 }) });
    expect((await gateway.bind(aScope()).call(aCall())).provider).toBe('anthropic');
    expect(openai.requests).toHaveLength(1);
  });

  it('is excluded immediately when it forbids retries', async () => {
    const { gateway, openai } = setUp();
    openai.plan({ end: new ProviderUnavailableError('down', { doNotRetry: true }) });
    expect((await gateway.bind(aScope()).call(aCall())).provider).toBe('anthropic');
    expect(openai.requests).toHaveLength(1);
  });

  it('is excluded with all its models once it has refused the key', async () => {
    const { gateway, openai, anthropic, settle } = setUp({ retry: { triesPerModel: 1 } });
    openai.plan({ end: new ProviderAuthFailedError('bad key') });
    anthropic.plan({ end: down });
    expect((await settle(gateway.bind(aScope()).call(aCall()))).model).toBe('claude-haiku-5-5');
    expect(openai.requests).toHaveLength(1);
  });

  it('ends the call when it refuses to answer, and the refusal is billed', async () => {
    const { gateway, openai, anthropic, store } = setUp();
    openai.plan({ end: 'refusal' });
    await expect(gateway.bind(aScope()).call(aCall())).rejects.toBeInstanceOf(ProviderRefusedError);
    expect(anthropic.requests).toEqual([]);
    expect(store.ended).toMatchObject([{ status: 'ok', error: { code: 'PROVIDER_REFUSED' } }]);
    expect(store.spentNanoUsd()).toBeGreaterThan(0n);
  });

  it('uses no more requests than the attempt’s budget, for any number of models', async () => {
    const { gateway, openai, anthropic, settle } = setUp();
    openai.plan({ end: down }, { end: down }, { end: down }, { end: down });
    anthropic.plan({ end: down }, { end: down }, { end: down }, { end: down });
    const scope = aScope({ requestBudget: { remaining: 3 } });
    await expect(settle(gateway.bind(scope).call(aCall()))).rejects.toBe(down);
    expect(openai.requests.length + anthropic.requests.length).toBe(3);
    await expect(gateway.bind(scope).call(aCall({ path: 'other' }))).rejects.toBeInstanceOf(CallBudgetExhaustedError);
  });

  it('reports a retryable failure in preference to a permanent one', async () => {
    const { gateway, openai, anthropic, settle } = setUp();
    openai.plan({ end: down }, { end: down });
    anthropic.plan({ end: new ProviderAuthFailedError('bad key') });
    openai.plan({ end: down }, { end: down });
    await expect(settle(gateway.bind(aScope({ requestBudget: { remaining: 4 } })).call(aCall()))).rejects.toBe(down);
  });

  it('is not retried beyond the deadline', async () => {
    const { gateway, openai, anthropic, clock } = setUp();
    const busy = new ProviderRateLimitedError('slow down', { retryAfterMs: 4_000 });
    anthropic.plan({ end: new ProviderAuthFailedError('no') });
    openai.plan({ end: busy });
    const scope = aScope({ deadlineAtMs: 4_000 });
    await expect(gateway.bind(scope).call(aCall({ purpose: 'source-summary' }))).rejects.toBe(busy);
    expect(clock.nowMs()).toBe(NOW_MS);
  });
});

describe('an interrupted request', () => {
  it('cut by the provider is uncertain at the reservation’s worst case and is retried', async () => {
    const { gateway, openai, store, settle } = setUp();
    openai.plan({ text: 'Twice a', end: 'cut' });
    expect((await settle(gateway.bind(aScope()).call(aCall()))).value).toBe('ok');
    expect(store.ended[0]).toMatchObject({
      status: 'uncertain',
      limitation: 'REPLY_BROKEN_OFF',
      costNanoUsd: store.reservations[0]?.amountNanoUsd,
      usage: usageOf(store.reservations[0]?.inputTokens ?? 0, 1_000),
      error: { code: 'PROVIDER_UNAVAILABLE' },
    });
    expect(store.ended[0]).not.toHaveProperty('reply');
  });

  it('is uncertain at the worst case even when the prompt’s usage was reported, because hidden reasoning is unknown', async () => {
    const { gateway, openai, store, settle } = setUp();
    openai.plan({ text: 'Twice a day', earlyUsage: { ...usageOf(7, 1), cacheRead: 9 }, end: 'cut' });
    await settle(gateway.bind(aScope()).call(aCall()));
    expect(store.ended[0]).toMatchObject({ status: 'uncertain', costNanoUsd: store.reservations[0]?.amountNanoUsd });
  });

  it('aborted by the attempt is uncertain and not retried', async () => {
    const { gateway, openai, store } = setUp();
    const controller = new AbortController();
    openai.plan({ text: 'Twice a day', end: 'hang' });
    const reason = new Error('task cancelled');
    const answered = gateway.bind(aScope({ signal: controller.signal })).call(aCall());
    await openai.untilRequests(1);
    await new Promise(setImmediate);
    controller.abort(reason);
    await expect(answered).rejects.toBe(reason);
    expect(store.ended).toMatchObject([{ status: 'uncertain', usage: { output: 1_000 } }]);
    expect(store.spentNanoUsd()).toBe(store.reservations[0]?.amountNanoUsd);
    expect(store.heldNanoUsd()).toBe(0n);
    expect(openai.requests).toHaveLength(1);
  });

  it('that hangs before its first event ends at the first-event timeout and is uncertain', async () => {
    const { gateway, openai, store, clock } = setUp();
    openai.plan({ end: 'hang' });
    const answered = gateway.bind(aScope()).call(aCall());
    await openai.untilRequests(1);
    await clock.advance(0);
    await clock.advance(30_000);
    expect((await answered).provider).toBe('anthropic');
    expect(store.ended[0]).toMatchObject({
      status: 'uncertain',
      costNanoUsd: store.reservations[0]?.amountNanoUsd,
      error: { code: 'PROVIDER_TIMED_OUT' },
    });
  });

  it('that runs too long ends at the purpose’s timeout and is billed', async () => {
    const { gateway, openai, store, clock } = setUp();
    openai.plan({ text: 'so far', end: 'hang' });
    const answered = gateway.bind(aScope()).call(aCall());
    await openai.untilRequests(1);
    await clock.advance(0);
    await clock.advance(119_999);
    expect(store.ended).toEqual([]);
    await clock.advance(1);
    expect((await answered).provider).toBe('anthropic');
    expect(store.ended[0]).toMatchObject({
      status: 'uncertain',
      latencyMs: 120_000,
      usage: { output: 1_000 },
    });
  });

  it('is limited to the attempt’s remaining time, which does not count against the provider', async () => {
    const { gateway, openai, clock } = setUp({ breaker: { minRequests: 1 } });
    openai.plan({ text: 'so far', end: 'hang' });
    const answered = gateway.bind(aScope({ deadlineAtMs: 5_000 })).call(aCall());
    const outcome = expect(answered).rejects.toBeInstanceOf(ProviderTimedOutError);
    await openai.untilRequests(1);
    await clock.advance(0);
    await clock.advance(5_000);
    await outcome;
    expect(gateway.breakers().map((view) => view.state)).not.toContain('open');
  });
});

describe('a reply above its limit', () => {
  it('is cut at twice its cap, used up to the cut, and billed for what was received', async () => {
    const { gateway, openai, store } = setUp();
    openai.plan({ text: 'tide '.repeat(50_000), usage: usageOf(50, 50_000) });
    const result = await gateway.bind(aScope()).call(aCall({ maxOutputTokens: 500 }));
    expect(result.finish).toBe('length');
    const tokens = countTokens(result.value);
    expect(tokens).toBeGreaterThan(1_000);
    expect(tokens).toBeLessThan(3_000);
    expect(store.ended).toMatchObject([{ status: 'estimated', limitation: 'REPLY_CUT' }]);
    expect(store.ended[0]?.usage.output).toBeGreaterThanOrEqual(tokens);
    expect(store.ended[0]?.costNanoUsd).toBeLessThan((store.reservations[0]?.amountNanoUsd ?? 0n) * 6n);
    expect(openai.requests[0]?.signal.aborted).toBe(true);
  });

  it('is invalid when it has a schema', async () => {
    const { gateway, openai, store, settle } = setUp();
    openai.plan({ text: `{"title":"${'tide '.repeat(50_000)}"}` }, { text: '{"title":"Tides"}' });
    await settle(gateway.bind(aScope()).call(aCall({ schema: Title, maxOutputTokens: 100 })));
    expect(store.ended.map(({ status, error }) => [status, error?.code])).toEqual([
      ['estimated', 'OUTPUT_INVALID'],
      ['ok', undefined],
    ]);
  });
});

describe('impossible usage', () => {
  it('is clamped to twice the maximum of the request, so that one report cannot exhaust a budget', async () => {
    const { gateway, openai, store } = setUp();
    openai.plan({ text: 'x', usage: usageOf(2 ** 32 - 1, 2 ** 32 - 1) });
    await gateway.bind(aScope()).call(aCall());
    const { amountNanoUsd = 0n, inputTokens = 0 } = store.reservations[0] ?? {};
    expect(store.ended).toMatchObject([
      { status: 'estimated', limitation: 'USAGE_CLAMPED', usage: usageOf(2 * inputTokens, 2_000) },
    ]);
    expect(store.ended[0]?.costNanoUsd).toBeLessThanOrEqual(2n * amountNanoUsd);
  });
});

describe('a reply that cannot be priced', () => {
  it('is settled as uncertain at its reservation, and returned', async () => {
    const { gateway, openai, store } = setUp();
    const usage = Object.defineProperty(usageOf(1, 1), 'output', {
      get: () => {
        throw new TypeError('not a number');
      },
    });
    openai.plan({ text: 'x', usage });
    expect(await gateway.bind(aScope()).call(aCall())).toMatchObject({ value: 'x' });
    const [reservation] = store.reservations;
    expect(store.ended).toMatchObject([
      { status: 'uncertain', limitation: 'NOT_PRICED', costNanoUsd: reservation?.amountNanoUsd },
    ]);
  });
});

describe('the service tier', () => {
  it('is sent to models with tier prices, and the reported tier is billed', async () => {
    const { gateway, openai, store } = setUp();
    openai.plan({ text: 'x', serviceTier: 'flex' }, { text: 'x', serviceTier: 'default' }, { text: 'x' });
    for (const path of ['a', 'b', 'c']) await gateway.bind(aScope()).call(aCall({ path }));
    expect(openai.requests.map(({ serviceTier }) => serviceTier)).toEqual(['default', 'default', 'default']);
    const [flex, standard, unnamed] = store.ended;
    expect(flex).toMatchObject({ status: 'ok', serviceTier: 'flex' });
    expect((flex?.costNanoUsd ?? 0n) * 2n).toBe(standard?.costNanoUsd);
    expect(unnamed?.costNanoUsd).toBe(standard?.costNanoUsd);
  });

  it('without a price is billed as the most expensive priced tier and flagged', async () => {
    const { gateway, openai, store } = setUp();
    openai.plan({ text: 'x', serviceTier: 'ultrafast' }, { text: 'x' });
    for (const path of ['a', 'b']) await gateway.bind(aScope()).call(aCall({ path }));
    expect(store.ended[0]).toMatchObject({ status: 'estimated', limitation: 'SERVICE_TIER_UNPRICED' });
    expect(store.ended[0]?.costNanoUsd).toBe((store.ended[1]?.costNanoUsd ?? 0n) * 2n);
  });
});

describe('an invalid reply', () => {
  it('is billed, retried once, then escalated to the tier above', async () => {
    const { gateway, openai, store, settle } = setUp();
    openai.plan('no json', '{"title":5}', '{"title":"Tides"}');
    const result = await settle(gateway.bind(aScope()).call(aCall({ schema: Title })));
    expect(result).toMatchObject({ value: { title: 'Tides' }, tier: 'T3', model: 'gpt-6-sol' });
    expect(
      store.ended.map((entry) => [entry.status, entry.model, entry.route.reason, entry.route.escalatedFrom]),
    ).toEqual([
      ['ok', 'gpt-6.1-terra', 'preferred', undefined],
      ['ok', 'gpt-6.1-terra', 'retry after OUTPUT_INVALID', undefined],
      ['ok', 'gpt-6-sol', 'escalated after OUTPUT_INVALID', 'T2'],
    ]);
    expect(store.ended.every((entry) => entry.costNanoUsd > 0n)).toBe(true);
  });

  it('fails the call when the tier above also returns an invalid reply', async () => {
    const { gateway, openai, settle } = setUp();
    openai.plan('1', '2', '3');
    await expect(settle(gateway.bind(aScope()).call(aCall({ schema: Title })))).rejects.toBeInstanceOf(
      OutputInvalidError,
    );
    expect(openai.requests).toHaveLength(3);
  });

  it('is retried with another model of the tier when there is no tier above', async () => {
    const { gateway, openai, anthropic, store, settle } = setUp();
    openai.plan('1', '2');
    anthropic.plan('{"title":"Tides"}');
    const result = await settle(gateway.bind(aScope()).call(aCall({ schema: Title, tier: 'T3' })));
    expect(result).toMatchObject({ value: { title: 'Tides' }, tier: 'T3', provider: 'anthropic' });
    expect(store.ended.at(-1)?.route.reason).toBe('fallback after OUTPUT_INVALID');
  });

  it('fails the call when that model also returns an invalid reply', async () => {
    const { gateway, openai, anthropic, settle } = setUp();
    openai.plan('1', '2');
    anthropic.plan('3');
    await expect(settle(gateway.bind(aScope()).call(aCall({ schema: Title, tier: 'T3' })))).rejects.toBeInstanceOf(
      OutputInvalidError,
    );
    expect([openai.requests.length, anthropic.requests.length]).toEqual([2, 1]);
  });

  it('is retryable while replies differ, and permanent once a model has repeated a reply', async () => {
    const ask = async (...replies: string[]): Promise<unknown> => {
      const { gateway, openai, settle } = setUp();
      openai.plan(...replies);
      const failed = await settle(gateway.bind(aScope()).call(aCall({ schema: Title }))).catch(
        (error: unknown) => error,
      );
      expect(openai.requests).toHaveLength(3);
      return failed;
    };
    expect(await ask('1', '2', '3')).toMatchObject({ code: 'OUTPUT_INVALID', retryable: true });
    expect(await ask('1', '1', '3')).toMatchObject({ code: 'OUTPUT_INVALID', retryable: false });
    // Equal replies of two models are no repetition: a second attempt may produce another one.
    expect(await ask('1', '2', '1')).toMatchObject({ code: 'OUTPUT_INVALID', retryable: true });
  });

  it('includes a cut reply, even if it parses', async () => {
    const { gateway, openai, settle } = setUp();
    openai.plan({ text: '{"title":"Ti"}', end: 'length' }, '{"title":"Tides"}');
    expect((await settle(gateway.bind(aScope()).call(aCall({ schema: Title })))).value).toEqual({ title: 'Tides' });
  });

  it('includes a reply that the caller’s check rejects', async () => {
    const { gateway, openai, settle } = setUp();
    openai.plan('short', 'long enough');
    const accept = (text: string): string[] => (text.length > 6 ? [] : ['too short']);
    expect((await settle(gateway.bind(aScope()).call(aCall({ accept })))).value).toBe('long enough');
  });
});

describe('breakers', () => {
  const failOften = { breaker: { minRequests: 2, openMs: 20 }, retry: { triesPerModel: 1 } };

  it('open on outages and route calls to the next candidate', async () => {
    const { gateway, openai, store, settle } = setUp(failOften);
    openai.plan({ end: down }, { end: down });
    const llm = gateway.bind(aScope());
    for (const path of ['a', 'b', 'c']) await settle(llm.call(aCall({ path })));
    expect(openai.requests).toHaveLength(2);
    expect(store.ended.at(-1)).toMatchObject({
      provider: 'anthropic',
      route: { reason: 'fallback after BREAKER_OPEN' },
    });
    expect(gateway.breakers()).toContainEqual(
      expect.objectContaining({ provider: 'openai', model: 'gpt-6.1-terra', state: 'open', openedAtMs: NOW_MS }),
    );
    gateway.close();
  });

  it('do not open on errors of the request', async () => {
    const { gateway, openai, settle } = setUp(failOften);
    openai.plan(...Array.from({ length: 4 }, () => ({ end: new ProviderBadRequestError('no') })));
    const llm = gateway.bind(aScope({ requestBudget: { remaining: 20 } }));
    for (const path of ['a', 'b', 'c', 'd']) await settle(llm.call(aCall({ path })));
    expect(openai.requests).toHaveLength(4);
    gateway.close();
  });

  it('fail the call with the time of the next probe when all are open', async () => {
    const { gateway, openai, anthropic, settle } = setUp({ ...failOften, breaker: { minRequests: 1, openMs: 15_000 } });
    const llm = gateway.bind(aScope({ requestBudget: { remaining: 20 } }));
    openai.plan({ end: down });
    anthropic.plan({ end: down });
    const call = aCall({ purpose: 'source-summary' });
    await expect(settle(llm.call(call))).rejects.toBe(down);
    const error: unknown = await llm.call(call).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BreakerOpenError);
    expect(error).toMatchObject({ retryAfterMs: 15_000, retryable: true });
    gateway.close();
  });

  it('do not count a full bulkhead as an outage: the call waits for a slot of the same model', async () => {
    const { gateway, openai, anthropic } = setUp({ breaker: { maxConcurrent: 2 } });
    const controller = new AbortController();
    openai.plan({ end: 'hang' }, { end: 'hang' });
    const llm = gateway.bind(aScope({ signal: controller.signal }));
    const hanging = [llm.call(aCall({ path: 'a' })), llm.call(aCall({ path: 'b' }))];
    await openai.untilRequests(2);
    const third = gateway.bind(aScope()).call(aCall({ path: 'c' }));
    await new Promise(setImmediate);
    expect([openai.requests.length, anthropic.requests.length]).toEqual([2, 0]);
    controller.abort(new Error('over'));
    await Promise.allSettled(hanging);
    expect(await third).not.toHaveProperty('degraded');
    expect([openai.requests.length, anthropic.requests.length]).toEqual([3, 0]);
  });

  it('let each of 256 concurrent calls be answered by the first candidate when a healthy provider has 64 slots', async () => {
    const { gateway, openai, anthropic } = setUp();
    const results = await Promise.all(
      Array.from({ length: 256 }, (_, n) => gateway.bind(aScope()).call(aCall({ path: String(n) }))),
    );
    expect(results.filter((result) => result.degraded === true)).toEqual([]);
    expect(new Set(results.map(({ model }) => model)).size).toBe(1);
    expect([openai.requests.length, anthropic.requests.length]).toEqual([256, 0]);
  });
});

describe('secrecy', () => {
  it('keeps prompts, replies and keys out of errors, ledger entries and metrics', async () => {
    const { gateway, openai, anthropic, store, ended, settle } = setUp({ retry: { triesPerModel: 1 } });
    openai.plan('CANARY-REPLY', 'CANARY-REPLY', 'CANARY-REPLY');
    const call = aCall({
      system: 'CANARY-SYSTEM',
      messages: [{ role: 'user', content: 'CANARY-PROMPT' }],
      schema: Title,
    });
    const invalid: unknown = await settle(gateway.bind(aScope()).call(call)).catch((thrown: unknown) => thrown);
    openai.plan({ text: 'CANARY-REPLY', end: 'cut' }, { end: 'refusal' });
    anthropic.plan({ text: 'CANARY-REPLY', end: down });
    const refused: unknown = await settle(gateway.bind(aScope()).call({ ...call, path: 'x' })).catch(
      (thrown: unknown) => thrown,
    );
    const said = [invalid, refused].map(
      (error) => `${String(error)} ${String((error as Error).cause)} ${JSON.stringify(error)}`,
    );
    const shown = JSON.stringify(
      [said, store.ended.map((entry) => [entry.error, entry.route]), ended],
      (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value),
    );
    expect(shown).toContain('OUTPUT_INVALID');
    expect(shown).not.toContain('CANARY');
  });
});
