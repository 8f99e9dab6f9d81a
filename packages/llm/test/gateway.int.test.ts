import { createCatalog } from '@pressroom/catalog';
import { createLogger, systemClock } from '@pressroom/runtime';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createGateway, type Gateway } from '../src/gateway/gateway.ts';
import type { Provider } from '../src/provider.ts';
import { createProviders } from '../src/providers/create-providers.ts';
import { LlmConfig } from '../src/settings/llm-config.ts';
import { aCall, aScope } from '../src/testing/builders.ts';
import { createMemoryStore, type MemoryStore } from '../src/testing/memory-store.ts';
import { anthropicReply, openAiReply } from './wire-replies.ts';
import { fail, startWireServer, type WireServer } from './wire-server.ts';

describe('the gateway over real SDKs and sockets', () => {
  let openai: WireServer;
  let anthropic: WireServer;
  let store: MemoryStore;
  let gateway: Gateway;
  let logged: string;
  let streamed: string;

  /** The provider itself, with a look at what it streams. */
  const watched = (provider: Provider): Provider => ({
    ...provider,
    async *stream(request) {
      for await (const event of provider.stream(request)) {
        if (event.type === 'text') streamed += event.delta;
        yield event;
      }
    },
  });

  beforeEach(async () => {
    [openai, anthropic] = await Promise.all([startWireServer(), startWireServer()]);
    store = createMemoryStore();
    logged = '';
    streamed = '';
    const destination = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        logged += chunk.toString();
        done();
      },
    });
    const { providers } = LlmConfig.parse({
      providers: [
        { kind: 'openai', apiKey: 'sk-CANARY', baseURL: `${openai.baseURL}/v1` },
        { kind: 'anthropic', apiKey: 'sk-ant-CANARY', baseURL: anthropic.baseURL },
      ],
    });
    gateway = createGateway({
      catalog: createCatalog(),
      providers: createProviders(providers, { clock: systemClock }).map(watched),
      store,
      clock: systemClock,
      random: () => 0,
      log: createLogger({ name: 'test', level: 'debug', destination }),
    });
  });
  afterEach(async () => {
    gateway.close();
    await Promise.all([openai.close(), anthropic.close()]);
  });
  const scope = (part: Parameters<typeof aScope>[0] = {}) =>
    aScope({ deadlineAtMs: systemClock.nowMs() + 60_000, ...part });

  it('answers, bills and journals a structured call', async () => {
    openai.plan(
      openAiReply({
        text: '{"markdown":"Tides turn."}',
        usage: { prompt_tokens: 400, completion_tokens: 20, total_tokens: 420 },
      }),
    );
    const schema = { name: 'article_part', zod: z.strictObject({ markdown: z.string() }) };
    const result = await gateway.bind(scope()).call(aCall({ schema }));
    expect(result.value).toEqual({ markdown: 'Tides turn.' });
    expect(store.ended).toMatchObject([{ status: 'ok', costNanoUsd: 400n * 1_000n + 20n * 5_000n }]);
    expect((await gateway.bind(scope({ attempt: 2, hasPast: true })).call(aCall({ schema }))).cache).toBe('journal');
    expect(openai.requests).toHaveLength(1);
  });

  it('retries a 503, honours a short retry-after, and falls back to the other vendor', async () => {
    openai.plan(fail(503, { error: {} }, { 'retry-after-ms': '20' }), fail(503, { error: {} }));
    anthropic.plan(anthropicReply({ text: 'Tides turn.' }));
    const result = await gateway.bind(scope()).call(aCall());
    expect(result).toMatchObject({ provider: 'anthropic', model: 'claude-sonnet-5-5' });
    expect([openai.requests.length, anthropic.requests.length, store.ended.length]).toEqual([2, 1, 3]);
    expect(store.heldNanoUsd()).toBe(0n);
  });

  it('bills a cut stream before asking another', async () => {
    openai.plan(openAiReply({ text: 'Tides', end: 'destroy' }), openAiReply({ text: 'Tides turn.' }));
    expect((await gateway.bind(scope()).call(aCall())).value).toBe('Tides turn.');
    expect(store.ended.map((entry) => entry.status)).toEqual(['estimated', 'ok']);
    expect(store.ended[0]?.costNanoUsd).toBeGreaterThan(0n);
  });

  it('lets go of a hanging provider within a second of the attempt’s abort, and bills what had come', async () => {
    const controller = new AbortController();
    anthropic.plan(anthropicReply({ text: 'Tides', end: 'hang' }));
    const call = gateway.bind(scope({ signal: controller.signal })).call(aCall());
    openai.plan(fail(401, { error: {} }));
    const outcome = expect(call).rejects.toThrow('task cancelled');
    await expect.poll(() => anthropic.requests.length, { interval: 5 }).toBe(1);
    // Text has to have arrived for there to be something to bill.
    await expect.poll(() => streamed, { interval: 5 }).toContain('Tides');
    const startedMs = performance.now();
    controller.abort(new Error('task cancelled'));
    await outcome;
    expect(performance.now() - startedMs).toBeLessThan(1_000);
    expect(store.ended.at(-1)).toMatchObject({ status: 'aborted', usage: { uncachedInput: 25, cacheRead: 65 } });
  });

  it('logs neither keys nor prompts nor replies', async () => {
    openai.plan(fail(400, { error: { message: 'CANARY' } }));
    anthropic.plan(anthropicReply({ text: 'CANARY-REPLY' }));
    await gateway
      .bind(scope())
      .call(aCall({ system: 'CANARY-SYSTEM', messages: [{ role: 'user', content: 'CANARY-PROMPT' }] }));
    expect(logged).toContain('call.ended');
    expect(logged).not.toContain('CANARY');
  });
});
