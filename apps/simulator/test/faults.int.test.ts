import Anthropic from '@anthropic-ai/sdk';
import { ArticlePart } from '@pressroom/contracts';
import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { NO_DEFECTS } from '../src/index.ts';
import { startBench, until, type Bench } from './fixtures/clients.ts';
import { aPartPrompt, LARKMOOR_NOTES } from './fixtures/larkmoor.ts';

const PART = aPartPrompt({
  number: 1,
  heading: 'Birds',
  words: 150,
  noteIds: LARKMOOR_NOTES.slice(0, 10).map((note) => note.id),
});
const MESSAGES: { role: 'user'; content: string }[] = [{ role: 'user', content: PART }];
const response_format = {
  type: 'json_schema' as const,
  json_schema: { name: 'article_part', strict: true, schema: z.toJSONSchema(ArticlePart) as Record<string, unknown> },
};

describe('fault scripts', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startBench({ defects: NO_DEFECTS });
  });
  beforeEach(() => {
    bench.simulator.clearCalls();
    bench.simulator.clearFaults();
  });
  afterAll(() => bench.simulator.close());

  const chat = (options: { signal?: AbortSignal; timeout?: number } = {}) =>
    bench.openai.chat.completions.create({ model: 'gpt-6-luna', messages: MESSAGES, response_format }, options);
  const message = () =>
    bench.anthropic.messages.create({ model: 'claude-haiku-5-5', max_tokens: 500, messages: MESSAGES });
  const caught = (run: Promise<unknown>): Promise<unknown> =>
    run.then(
      () => undefined,
      (error: unknown) => error,
    );
  const lastCall = () => until(() => bench.simulator.calls().at(-1));

  it.each([
    { status: 429, openai: OpenAI.RateLimitError, anthropic: Anthropic.RateLimitError },
    { status: 500, openai: OpenAI.InternalServerError, anthropic: Anthropic.InternalServerError },
    { status: 529, openai: OpenAI.InternalServerError, anthropic: Anthropic.OverloadedError },
  ])("responds with $status in each vendor's format", async ({ status, openai, anthropic }) => {
    bench.simulator.addFaults({ effect: { kind: 'status', status, retryAfterMs: 1_500 } });
    const [first, second] = [await caught(chat()), await caught(message())];
    expect(first).toBeInstanceOf(openai);
    expect(second).toBeInstanceOf(anthropic);
    expect((first as InstanceType<typeof OpenAI.APIError>).headers?.get('retry-after')).toBe('2');
    expect((second as InstanceType<typeof Anthropic.APIError>).headers?.get('retry-after-ms')).toBe('1500');
    expect(bench.simulator.calls().map((call) => [call.outcome, call.billed.output])).toEqual([
      ['error', 0],
      ['error', 0],
    ]);
  });

  it('fails the first calls and then recovers', async () => {
    bench.simulator.addFaults({ effect: { kind: 'status', status: 503 }, times: 2 });
    const results = [await caught(chat()), await caught(chat()), await caught(chat())];
    expect(results.map((error) => error === undefined)).toEqual([false, false, true]);
  });

  it('hangs until the client disconnects, and bills the prompt', async () => {
    bench.simulator.addFaults({ effect: { kind: 'hang' } });
    expect(await caught(chat({ timeout: 100 }))).toBeInstanceOf(OpenAI.APIConnectionTimeoutError);
    const call = await lastCall();
    expect(call).toMatchObject({ outcome: 'hung', clientAborted: true, status: 0, usage: null, billed: { output: 0 } });
    expect(call.billed.uncachedInput).toBeGreaterThan(100);
  });

  it('resets the connection before a response, and bills the prompt', async () => {
    bench.simulator.addFaults({ effect: { kind: 'reset' } });
    expect(await caught(chat())).toBeInstanceOf(OpenAI.APIConnectionError);
    const call = await lastCall();
    expect(call).toMatchObject({ outcome: 'reset', clientAborted: false, usage: null });
    expect(call.billed.uncachedInput).toBeGreaterThan(100);
  });

  it.each([408, 499, 504, 524])('bills the prompt of a call with status %i, as behind a proxy', async (status) => {
    bench.simulator.addFaults({ effect: { kind: 'status', status } });
    expect(await caught(chat())).toBeInstanceOf(OpenAI.APIError);
    expect((await lastCall()).billed).toMatchObject({ uncachedInput: expect.any(Number) as number, output: 0 });
    expect((await lastCall()).billed.uncachedInput).toBeGreaterThan(100);
  });

  it.each(['too_big', 'zero', 'negative', 'missing'] as const)(
    'reports usage that is %s, and bills the actual usage',
    async (lie) => {
      bench.simulator.addFaults({ effect: { kind: 'usage', lie } });
      const [completion, reply] = [await chat(), await message()];
      const billed = bench.simulator.calls().map((call) => call.billed);
      for (const each of billed) expect([each.uncachedInput > 100, each.output > 0]).toEqual([true, true]);
      const check: Record<typeof lie, (reported: number | undefined, actual: number) => boolean> = {
        too_big: (reported, actual) => (reported ?? 0) > 10 * actual,
        zero: (reported) => reported === 0,
        negative: (reported) => (reported ?? 0) < 0,
        missing: (reported) => reported === undefined,
      };
      expect(check[lie](completion.usage?.completion_tokens, billed[0]?.output ?? 0)).toBe(true);
      const usage = reply.usage as typeof reply.usage | undefined;
      expect(check[lie](usage?.output_tokens, billed[1]?.output ?? 0)).toBe(true);
    },
  );

  it('cuts a stream after the given number of tokens and bills them', async () => {
    bench.simulator.addFaults({ effect: { kind: 'cut', afterTokens: 40 } });
    let text = '';
    const run = async (): Promise<void> => {
      const stream = await bench.openai.chat.completions.create({
        model: 'gpt-6-luna',
        messages: MESSAGES,
        stream: true,
      });
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
    };
    expect(await caught(run())).toBeDefined();
    expect(text.length).toBeGreaterThan(50);
    expect(await lastCall()).toMatchObject({ outcome: 'cut', usage: null, billed: { output: 40 } });
  });

  it('cuts an Anthropic stream, and a reply that is not streamed', async () => {
    bench.simulator.addFaults({ effect: { kind: 'cut', afterTokens: 10 } });
    const stream = bench.anthropic.messages.stream({ model: 'claude-haiku-5-5', max_tokens: 500, messages: MESSAGES });
    expect(await caught(stream.finalMessage())).toBeDefined();
    expect(await caught(chat())).toBeInstanceOf(OpenAI.APIConnectionError);
    await until(() => (bench.simulator.calls().length === 2 ? true : undefined));
    expect(bench.simulator.calls().map((call) => [call.outcome, call.billed.output])).toEqual([
      ['cut', 10],
      ['cut', 10],
    ]);
  });

  it('breaks JSON and cuts replies in the middle', async () => {
    bench.simulator.addFaults({ match: { schema: 'article_part' }, effect: { kind: 'malformed_json' }, times: 1 });
    const defective = await chat();
    expect(() => JSON.parse(defective.choices[0]?.message.content ?? '') as unknown).toThrow(SyntaxError);
    bench.simulator.addFaults({ effect: { kind: 'truncate' }, times: 2 });
    expect((await chat()).choices[0]?.finish_reason).toBe('length');
    expect((await message()).stop_reason).toBe('max_tokens');
  });

  it('makes a defect certain', async () => {
    bench.simulator.addFaults({ effect: { kind: 'defect', name: 'missingCitations' } });
    expect((await chat()).choices[0]?.message.content).not.toContain('[');
  });

  it('delays replies and slows down generation', async () => {
    bench.simulator.addFaults({ effect: { kind: 'latency', ms: 80 }, times: 1 });
    const startedAt = performance.now();
    await chat();
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(75);

    bench.simulator.addFaults({ effect: { kind: 'slow', tokensPerSecond: 2_000 } });
    const stream = await bench.openai.chat.completions.create({
      model: 'gpt-6-luna',
      messages: MESSAGES,
      stream: true,
    });
    const arrivals: number[] = [];
    for await (const chunk of stream) if (chunk.choices.length > 0) arrivals.push(performance.now());
    expect((arrivals.at(-1) ?? 0) - (arrivals[0] ?? 0)).toBeGreaterThan(50);
  });

  it('logs the tokens generated until the client aborts a stream', async () => {
    bench.simulator.addFaults({ effect: { kind: 'slow', tokensPerSecond: 500 } });
    const stream = await bench.openai.chat.completions.create({
      model: 'gpt-6-luna',
      messages: MESSAGES,
      stream: true,
    });
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
    const call = await lastCall();
    expect(call).toMatchObject({ outcome: 'aborted', clientAborted: true, usage: null });
    expect(call.billed.output).toBeGreaterThan(0);
    expect(call.billed.output).toBeLessThan(150);
  });

  it('logs the tokens generated until the client aborts a reply that is not streamed', async () => {
    bench.simulator.addFaults({ effect: { kind: 'slow', tokensPerSecond: 200 } });
    expect(await caught(chat({ timeout: 120 }))).toBeInstanceOf(OpenAI.APIConnectionTimeoutError);
    const call = await lastCall();
    expect(call).toMatchObject({ outcome: 'aborted', clientAborted: true });
    expect(call.billed.output).toBeGreaterThan(5);
    expect(call.billed.output).toBeLessThan(100);
  });
});

describe('rate limits', () => {
  it('rejects requests above the limit with a retry-after', async () => {
    const { simulator, openai } = await startBench({ rateLimits: { requestsPerMinute: 1, tokensPerMinute: 100_000 } });
    const ask = () =>
      openai.chat.completions.create({ model: 'gpt-6-luna', messages: [{ role: 'user', content: 'Hi' }] });
    await ask();
    const error: unknown = await ask().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    expect(Number((error as InstanceType<typeof OpenAI.APIError>).headers?.get('retry-after'))).toBeGreaterThan(50);
    await simulator.close();
  });
});
