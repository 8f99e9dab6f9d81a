import { createCatalog } from '@pressroom/catalog';
import { createLogger, systemClock } from '@pressroom/runtime';
import { Writable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { BudgetExhaustedError } from '../src/errors.ts';
import { createGateway, type Gateway } from '../src/gateway/gateway.ts';
import type { Provider } from '../src/provider.ts';
import { createProviders } from '../src/providers/create-providers.ts';
import { LlmConfig } from '../src/settings/llm-config.ts';
import { aCall, aScope } from '../src/testing/builders.ts';
import { createMemoryStore, type MemoryStore } from '../src/testing/memory-store.ts';
import { countTokens } from '../src/tokens/count-tokens.ts';
import { anthropicReply, openAiReply } from './wire-replies.ts';
import { fail, startWireServer, type Answer, type WireServer } from './wire-server.ts';

describe('the gateway over real SDKs and sockets', () => {
  let openai: WireServer;
  let anthropic: WireServer;
  let store: MemoryStore;
  let gateway: Gateway;
  let logged: string;
  let streamed: string;

  /** Wraps the provider to record its stream. */
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
    aScope({ deadlineAtMs: systemClock.monotonicMs() + 60_000, ...part });

  it('answers, bills and journals a structured call', async () => {
    openai.plan(
      openAiReply({
        text: '{"markdown":"Tides turn."}',
        usage: { prompt_tokens: 90, completion_tokens: 8, total_tokens: 98 },
      }),
    );
    const schema = { name: 'article_part', zod: z.strictObject({ markdown: z.string() }) };
    const result = await gateway.bind(scope()).call(aCall({ schema }));
    expect(result.value).toEqual({ markdown: 'Tides turn.' });
    expect(store.ended).toMatchObject([{ status: 'ok', costNanoUsd: 90n * 1_000n + 8n * 5_000n }]);
    expect((await gateway.bind(scope({ attempt: 2, hasPriorRun: true })).call(aCall({ schema }))).cache).toBe(
      'journal',
    );
    expect(openai.requests).toHaveLength(1);
  });

  it('retries a 503, respects a short retry-after, and falls back to the other vendor', async () => {
    openai.plan(fail(503, { error: {} }, { 'retry-after-ms': '20' }), fail(503, { error: {} }));
    anthropic.plan(anthropicReply({ text: 'Tides turn.' }));
    const result = await gateway.bind(scope()).call(aCall());
    expect(result).toMatchObject({ provider: 'anthropic', model: 'claude-sonnet-5-5' });
    expect([openai.requests.length, anthropic.requests.length, store.ended.length]).toEqual([2, 1, 3]);
    expect(store.heldNanoUsd()).toBe(0n);
  });

  it('settles a cut stream as uncertain before calling another model', async () => {
    openai.plan(openAiReply({ text: 'Tides', end: 'destroy' }), openAiReply({ text: 'Tides turn.' }));
    expect((await gateway.bind(scope()).call(aCall())).value).toBe('Tides turn.');
    expect(store.ended.map((entry) => entry.status)).toEqual(['uncertain', 'ok']);
    expect(store.ended[0]?.costNanoUsd).toBe(store.reservations[0]?.amountNanoUsd);
  });

  it('leaves a hanging provider within a second of the attempt’s abort and bills what was received', async () => {
    const controller = new AbortController();
    anthropic.plan(anthropicReply({ text: 'Tides', end: 'hang' }));
    const call = gateway.bind(scope({ signal: controller.signal })).call(aCall());
    openai.plan(fail(401, { error: {} }));
    const outcome = expect(call).rejects.toThrow('task cancelled');
    await expect.poll(() => anthropic.requests.length, { interval: 5 }).toBe(1);
    // Without received text there would be nothing to bill.
    await expect.poll(() => streamed, { interval: 5 }).toContain('Tides');
    const startedMs = performance.now();
    controller.abort(new Error('task cancelled'));
    await outcome;
    expect(performance.now() - startedMs).toBeLessThan(1_000);
    expect(store.ended.at(-1)).toMatchObject({
      status: 'uncertain',
      costNanoUsd: store.reservations.at(-1)?.amountNanoUsd,
    });
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

  describe('a server that reads every request and resets the connection', () => {
    it('is billed within a $1 budget: 160 calls of 124,000 tokens', async () => {
      // The provider may bill the prompt it has read: 124,000 tokens of gpt-6.1-terra or claude-sonnet-5-5 each time.
      store.limitNanoUsd = 1_000_000_000n;
      const reset: Answer = (response) => response.socket?.resetAndDestroy();
      openai.plan(...Array.from({ length: 400 }, () => reset));
      anthropic.plan(...Array.from({ length: 400 }, () => reset));
      const prompt = 'tide '.repeat(124_000);
      const ended: unknown[] = [];
      for (let n = 0; n < 160 && !ended.some((error) => error instanceof BudgetExhaustedError); n += 1) {
        const call = aCall({ path: `call/${n}`, messages: [{ role: 'user', content: prompt }], tier: 'T2' });
        ended.push(
          await gateway
            .bind(scope({ requestBudget: { remaining: 1 } }))
            .call(call)
            .catch((error: unknown) => error),
        );
      }
      expect(ended.at(-1)).toBeInstanceOf(BudgetExhaustedError);
      const read = openai.requests.length + anthropic.requests.length;
      const cheapestPrompt = 124_000n * 1_000n;
      expect(read).toBeGreaterThan(0);
      expect(BigInt(read) * cheapestPrompt).toBeLessThanOrEqual(1_000_000_000n);
      expect(store.ended.map(({ status }) => status)).toEqual(Array(read).fill('uncertain'));
      expect(store.spentNanoUsd()).toBeLessThanOrEqual(1_000_000_000n);
      expect(store.heldNanoUsd()).toBe(0n);
    });

    it('is not billed when the connection is refused or the status says that nothing was served', async () => {
      await Promise.all([openai.close()]);
      anthropic.plan(fail(529, { error: {} }), fail(503, { error: {} }));
      await expect(
        gateway.bind(scope({ requestBudget: { remaining: 4 } })).call(aCall({ purpose: 'source-summary' })),
      ).rejects.toThrow();
      expect(store.ended.length).toBeGreaterThanOrEqual(3);
      expect(store.spentNanoUsd()).toBe(0n);
      expect(store.ended.map(({ status }) => status)).toEqual(store.ended.map(() => 'failed'));
    });

    it.each([408, 499, 504, 524])('is billed with a status of %i, which a proxy may send', async (status) => {
      openai.plan(fail(status, { error: {} }));
      await gateway
        .bind(scope({ requestBudget: { remaining: 1 } }))
        .call(aCall())
        .catch(() => undefined);
      expect(store.ended).toMatchObject([
        { status: 'uncertain', costNanoUsd: store.reservations[0]?.amountNanoUsd, limitation: 'REPLY_BROKEN_OFF' },
      ]);
    });
  });

  describe('a server that never ends its reply', () => {
    /** Writes `line` until the client closes; returns how much was written. */
    const endless = (line: string, headers: Record<string, string>, status = 200) => {
      const written = { bytes: 0 };
      const answer: Answer = (response) => {
        response.writeHead(status, headers);
        const encoded = headers['content-encoding'] === 'gzip' ? createGzip() : undefined;
        const out = encoded ?? response;
        encoded?.pipe(response);
        const pump = (): void => {
          while (!response.destroyed && written.bytes < FLOOD_BYTES) {
            written.bytes += line.length;
            if (!out.write(line)) {
              out.once('drain', pump);
              return;
            }
          }
          out.end();
        };
        response.on('error', () => undefined);
        pump();
      };
      return { answer, written };
    };
    const FLOOD_BYTES = 64 * 1_024 * 1_024;
    const chunk = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'tide '.repeat(200) }, finish_reason: null }] })}\n\n`;

    it.each([
      { title: 'text in a stream', line: chunk, headers: { 'content-type': 'text/event-stream' } },
      {
        title: 'text in a compressed stream',
        line: chunk,
        headers: { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' },
      },
      { title: 'one endless event', line: 'x'.repeat(65_536), headers: { 'content-type': 'text/event-stream' } },
      {
        title: 'comments in a stream',
        line: `: ${'x'.repeat(1_000)}\n\n`,
        headers: { 'content-type': 'text/event-stream' },
      },
      {
        title: 'a body that is not a stream',
        line: `"${'x'.repeat(1_000)}",`,
        headers: { 'content-type': 'application/json' },
      },
      {
        title: 'the body of an error',
        line: 'x'.repeat(65_536),
        headers: { 'content-type': 'application/json' },
        status: 500,
      },
      {
        title: 'the compressed body of an error',
        line: ' '.repeat(65_536),
        headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
        status: 500,
      },
    ])('is cut: $title', async ({ line, headers, status = 200 }) => {
      const flood = endless(line, headers, status);
      openai.plan(flood.answer);
      const before = process.memoryUsage().rss;
      const answered = await gateway
        .bind(scope({ requestBudget: { remaining: 1 } }))
        .call(aCall({ maxOutputTokens: 500 }))
        .catch(() => undefined);
      // Includes the buffers of both sockets and of the decompressor.
      expect(process.memoryUsage().rss - before).toBeLessThan(48 * 1_024 * 1_024);
      expect(flood.written.bytes).toBeLessThan(FLOOD_BYTES);
      const [ended] = store.ended;
      expect(ended).toMatchObject(status === 500 ? { status: 'failed', costNanoUsd: 0n } : { limitation: 'REPLY_CUT' });
      expect(ended?.costNanoUsd).toBeLessThanOrEqual((store.reservations[0]?.amountNanoUsd ?? 0n) * 10n);
      if (answered) expect(countTokens(answered.value)).toBeLessThan(3_000);
    });
  });

  it('rejects a redirect and names its target', async () => {
    const elsewhere = await startWireServer();
    elsewhere.plan(openAiReply({ text: 'from elsewhere' }));
    openai.plan(fail(307, {}, { location: `${elsewhere.baseURL}/v1/chat/completions` }));
    anthropic.plan(fail(308, {}, { location: `${elsewhere.baseURL}/v1/messages` }));
    const error: unknown = await gateway
      .bind(scope())
      .call(aCall())
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'PROVIDER_BAD_REQUEST',
      message: expect.stringMatching(/redirect to 127\.0\.0\.1:\d+ .*redirects are refused.*baseURL/) as string,
    });
    expect(elsewhere.requests).toEqual([]);
    expect(store.spentNanoUsd()).toBe(0n);
    await elsewhere.close();
  });

  it('counts the reply locally when an Anthropic-compatible endpoint ends without usage', async () => {
    openai.plan(fail(401, { error: {} }));
    anthropic.plan(anthropicReply({ text: 'Tides turn twice a day. '.repeat(20), usage: null }));
    const { value } = await gateway.bind(scope()).call(aCall());
    expect(store.ended.at(-1)).toMatchObject({
      status: 'estimated',
      limitation: 'USAGE_MISSING',
      usage: { uncachedInput: 25 },
    });
    expect(store.ended.at(-1)?.usage.output).toBeGreaterThanOrEqual(countTokens(value));
  });

  it('bills the service tier that the reply reports', async () => {
    const usage = { prompt_tokens: 90, completion_tokens: 4, total_tokens: 94 };
    openai.plan(openAiReply({ text: 'Tides turn.', usage, serviceTier: 'priority' }));
    await gateway.bind(scope()).call(aCall());
    expect(openai.requests[0]?.body['service_tier']).toBe('default');
    expect(store.ended).toMatchObject([
      { status: 'ok', serviceTier: 'priority', costNanoUsd: 2n * (90n * 1_000n + 4n * 5_000n) },
    ]);
  });
});
