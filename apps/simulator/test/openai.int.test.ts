import { ArticleOutline, ArticlePart, fence, SourceSummary } from '@pressroom/contracts';
import OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { NO_DEFECTS, SIMULATED_HEADER } from '../src/index.ts';
import { collect, startBench, type Bench } from './fixtures/clients.ts';
import { aBrief, aNotesFence, aPartPrompt, LARKMOOR_NOTES, LARKMOOR_SOURCES } from './fixtures/larkmoor.ts';

const user = (content: string): OpenAI.ChatCompletionMessageParam[] => [{ role: 'user', content }];
const PART = aPartPrompt({
  number: 1,
  heading: 'Birds',
  words: 150,
  noteIds: LARKMOOR_NOTES.slice(0, 10).map((note) => note.id),
});
const jsonSchema = (name: string, schema: z.ZodType) => ({
  type: 'json_schema' as const,
  json_schema: { name, strict: true, schema: z.toJSONSchema(schema) as Record<string, unknown> },
});

describe('the OpenAI protocol', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startBench({ defects: NO_DEFECTS });
  });
  beforeEach(() => {
    bench.simulator.clearCalls();
    bench.simulator.clearPromptCache();
  });
  afterAll(() => bench.simulator.close());
  const { create } = {
    create: (params: Omit<OpenAI.ChatCompletionCreateParamsNonStreaming, 'model'> & { model?: string }) =>
      bench.openai.chat.completions.create({ model: 'gpt-6-luna', ...params }),
  };

  it('returns text and usage, marked as simulated everywhere', async () => {
    const { data, response, request_id } = await create({ messages: user(PART) }).withResponse();
    expect(data).toMatchObject({
      object: 'chat.completion',
      model: 'gpt-6-luna',
      system_fingerprint: 'pressroom-simulator',
    });
    expect(data.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { role: 'assistant', content: expect.stringContaining('[1]') as string },
    });
    expect(data.usage?.total_tokens).toBe((data.usage?.prompt_tokens ?? 0) + (data.usage?.completion_tokens ?? 0));
    expect(data.usage).toMatchObject({
      prompt_tokens_details: { cached_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 0 },
    });
    expect(response.headers.get(SIMULATED_HEADER)).toBe('true');
    expect(request_id).toMatch(/^req_sim_/);
    expect(data.id).toMatch(/^chatcmpl_sim_/);
  });

  it('sends the rate limits with every reply', async () => {
    const { response } = await create({ messages: user('Hello') }).withResponse();
    for (const name of [
      'limit-requests',
      'remaining-requests',
      'reset-requests',
      'limit-tokens',
      'remaining-tokens',
      'reset-tokens',
    ]) {
      expect(response.headers.get(`x-ratelimit-${name}`)).toMatch(/^\d+(?:ms|s|m\d+s)?$/);
    }
  });

  it('streams the same text as without streaming, with usage on request', async () => {
    const whole = await create({ messages: user(PART) });
    const stream = await bench.openai.chat.completions.create({
      model: 'gpt-6-luna',
      messages: user(PART),
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = await collect(stream);
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe(
      whole.choices[0]?.message.content,
    );
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: whole.usage?.completion_tokens } });
    expect(chunks.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true);
  });

  it('streams without usage by default', async () => {
    const stream = await bench.openai.chat.completions.create({
      model: 'gpt-6-luna',
      messages: user(PART),
      stream: true,
    });
    const chunks = await collect(stream);
    expect(chunks.some((chunk) => 'usage' in chunk)).toBe(false);
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop');
  });

  it('is compatible with the SDK’s stream helper', async () => {
    const runner = bench.openai.chat.completions.stream({ model: 'gpt-6-luna', messages: user(PART) });
    expect((await runner.finalChatCompletion()).choices[0]?.message.content).toContain('[1]');
  });

  it('satisfies a strict schema', async () => {
    const prompt = `${aBrief({ words: 600, sections: 3 })}\n${aNotesFence()}`;
    const completion = await create({
      messages: user(prompt),
      response_format: jsonSchema('article_outline', ArticleOutline),
    });
    expect(ArticleOutline.parse(JSON.parse(completion.choices[0]?.message.content ?? '')).sections).toHaveLength(3);
  });

  it('supports the SDK’s parse helper and unknown schemas', async () => {
    const Headlines = z.object({ headlines: z.array(z.string()), tone: z.enum(['calm', 'loud']) });
    const completion = await bench.openai.chat.completions.parse({
      model: 'gpt-6.1-terra',
      messages: user(`Write headlines.\n${fence('source', LARKMOOR_SOURCES[0].text, { id: 1, title: 'T' })}`),
      response_format: zodResponseFormat(Headlines, 'headlines'),
    });
    expect(completion.choices[0]?.message.parsed?.headlines.length).toBeGreaterThan(0);
  });

  const TOOL: OpenAI.ChatCompletionTool = {
    type: 'function',
    function: { name: 'article_part', parameters: z.toJSONSchema(ArticlePart) },
  };

  it('calls a tool, streamed or not', async () => {
    const tool_choice: OpenAI.ChatCompletionToolChoiceOption = { type: 'function', function: { name: 'article_part' } };
    const completion = await create({ messages: user(PART), tools: [TOOL], tool_choice });
    expect(completion.choices[0]?.finish_reason).toBe('tool_calls');
    const call = completion.choices[0]?.message.tool_calls?.[0];
    const written = ArticlePart.parse(JSON.parse(call?.type === 'function' ? call.function.arguments : ''));
    const streamed = await bench.openai.chat.completions
      .stream({ model: 'gpt-6-luna', messages: user(PART), tools: [TOOL], tool_choice })
      .finalChatCompletion();
    const streamedCall = streamed.choices[0]?.message.tool_calls?.[0];
    expect(JSON.parse(streamedCall?.type === 'function' ? streamedCall.function.arguments : '')).toEqual(written);
  });

  it('returns text after a tool result', async () => {
    const completion = await create({
      tools: [TOOL],
      messages: [
        ...user(PART),
        {
          role: 'assistant',
          tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'article_part', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'call_1', content: 'Done.' },
      ],
    });
    expect(completion.choices[0]?.finish_reason).toBe('stop');
  });

  it.each(['max_tokens', 'max_completion_tokens'] as const)('cuts the reply at %s', async (field) => {
    const completion = await create({ messages: user(PART), [field]: 20 });
    expect(completion.choices[0]?.finish_reason).toBe('length');
    expect(completion.usage?.completion_tokens).toBe(20);
    const whole = await create({ messages: user(PART) });
    expect(whole.choices[0]?.message.content?.startsWith(completion.choices[0]?.message.content ?? '?')).toBe(true);
  });

  it('stops before a stop sequence', async () => {
    const completion = await create({ messages: user(PART), stop: '[1]' });
    expect(completion.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: expect.not.stringContaining('[1]') as string },
    });
  });

  it('does not depend on the temperature, only on the seed', async () => {
    const ask = async (options: { temperature?: number; seed?: number }): Promise<unknown> =>
      (
        await create({
          messages: user(aPartPrompt({ number: 1, heading: 'Birds', words: 300, noteIds: [] })),
          ...options,
        })
      ).choices[0]?.message.content;
    expect(await ask({ temperature: 0 })).toBe(await ask({ temperature: 1.9 }));
    expect(new Set(await Promise.all([1, 2, 3].map((seed) => ask({ seed })))).size).toBeGreaterThan(1);
  });

  it('reads a repeated long prefix from the cache and bills the write', async () => {
    const system = `Follow the guide. ${LARKMOOR_SOURCES.map((source) => source.text).join('\n')} ${aNotesFence()}`;
    const ask = (question: string) =>
      create({ model: 'gpt-5.6-luna', messages: [{ role: 'system', content: system }, ...user(question)] });
    const first = await ask('What of the birds?');
    const second = await ask('What of the gates?');
    expect(first.usage?.prompt_tokens_details).toMatchObject({ cached_tokens: 0 });
    expect(first.usage?.prompt_tokens_details?.cache_write_tokens).toBeGreaterThanOrEqual(1_024);
    expect(second.usage?.prompt_tokens_details?.cached_tokens).toBeGreaterThanOrEqual(1_024);
    expect((second.usage?.prompt_tokens_details?.cached_tokens ?? 0) % 128).toBe(0);
  });

  it('embeds similar texts as similar vectors, in both encodings', async () => {
    const input = ['birds of the estuary', 'estuary birds', 'loans and contracts'];
    const [byDefault, floats] = [
      await bench.openai.embeddings.create({ model: 'text-embedding-3-small', input }),
      await bench.openai.embeddings.create({ model: 'text-embedding-3-small', input, encoding_format: 'float' }),
    ];
    const vectors = byDefault.data.map((entry) => Array.from(entry.embedding));
    const cosine = (left: number[] = [], right: number[] = []): number =>
      left.reduce((sum, value, index) => sum + value * (right[index] ?? 0), 0);
    expect(vectors[0]).toHaveLength(1_536);
    expect(cosine(vectors[0], vectors[1])).toBeGreaterThan(0.7);
    expect(cosine(vectors[0], vectors[2])).toBeLessThan(0.3);
    expect(floats.data[0]?.embedding[0]).toBeCloseTo(vectors[0]?.[0] ?? NaN, 5);
    expect(byDefault.usage.prompt_tokens).toBeGreaterThan(5);
  });

  it('lists its models as simulated', async () => {
    const { data } = await bench.openai.models.list();
    expect(data.length).toBeGreaterThan(10);
    expect(new Set(data.map((model) => model.owned_by))).toEqual(new Set(['pressroom-simulator']));
    expect((await bench.openai.models.retrieve('gpt-6-luna')).id).toBe('gpt-6-luna');
  });

  describe('errors', () => {
    const failure = async (run: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> => {
      const error: unknown = await run.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      if (!(error instanceof OpenAI.APIError)) throw new Error('the call did not fail as it should');
      return error;
    };

    it('rejects a request without a key', async () => {
      const response = await fetch(`${bench.simulator.url}/v1/chat/completions`, { method: 'POST', body: '{}' });
      expect([response.status, ((await response.json()) as { error: { code: string } }).error.code]).toEqual([
        401,
        'invalid_api_key',
      ]);
    });

    it.each([
      {
        title: 'an unknown model',
        params: { model: 'gpt-0', messages: user('x') },
        status: 404,
        code: 'model_not_found',
      },
      {
        title: 'a model that was shut down',
        params: { model: 'gpt-3.5-turbo', messages: user('x') },
        status: 404,
        code: 'model_not_found',
      },
      { title: 'messages that are missing', params: { model: 'gpt-6-luna', messages: [] }, status: 400, code: null },
      {
        title: 'too many tokens requested',
        params: { model: 'gpt-4o', messages: user('x'), max_tokens: 20_000 },
        status: 400,
        code: null,
      },
      {
        title: 'a limit of zero tokens',
        params: { model: 'gpt-4o', messages: user('x'), max_tokens: 0 },
        status: 400,
        code: null,
      },
      {
        title: 'a prompt longer than the context',
        params: { model: 'gpt-4o', messages: user('tide '.repeat(130_000)) },
        status: 400,
        code: 'context_length_exceeded',
      },
    ])('responds to $title with $status', async ({ params, status, code }) => {
      const error = await failure(bench.openai.chat.completions.create(params));
      expect([error.status, error.code]).toEqual([status, code]);
      expect(error.requestID).toMatch(/^req_sim_/);
      expect(bench.simulator.calls().at(-1)).toMatchObject({
        outcome: 'error',
        status,
        billed: { uncachedInput: 0, output: 0 },
      });
    });

    it('returns 404 for an unknown path', async () => {
      expect((await failure(bench.openai.get('/nothing'))).status).toBe(404);
    });

    it('rejects invalid JSON', async () => {
      const response = await fetch(`${bench.simulator.url}/v1/chat/completions`, {
        method: 'POST',
        body: '{',
        headers: { authorization: 'Bearer k' },
      });
      expect(response.status).toBe(400);
    });
  });

  it('keeps a log that agrees with the reported usage', async () => {
    const completion = await create({
      messages: user(`${aBrief()}\n${fence('source', LARKMOOR_SOURCES[1].text, { id: 2, title: 'Birds' })}`),
      response_format: jsonSchema('source_summary', SourceSummary),
    });
    const [call] = bench.simulator.calls();
    expect(call).toMatchObject({
      vendor: 'openai',
      model: 'gpt-6-luna',
      tier: 'T1',
      purpose: 'source_summary',
      outcome: 'ok',
      usage: completion.usage,
    });
    const { uncachedInput = 0, cacheRead = 0, cacheWrite5m = 0, output } = call?.billed ?? {};
    expect(uncachedInput + cacheRead + cacheWrite5m).toBe(completion.usage?.prompt_tokens);
    expect(output).toBe(completion.usage?.completion_tokens);
  });
});
