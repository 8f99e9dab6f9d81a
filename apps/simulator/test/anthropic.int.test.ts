import Anthropic from '@anthropic-ai/sdk';
import { ArticlePart, ResearchNotes, SourceSummary, fence } from '@pressroom/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z, type ZodType } from 'zod';
import { NO_DEFECTS, SIMULATED_HEADER } from '../src/index.ts';
import { collect, startBench, type Bench } from './fixtures/clients.ts';
import { aBrief, aNotesFence, aPartPrompt, LARKMOOR_NOTES, LARKMOOR_SOURCES } from './fixtures/larkmoor.ts';

const user = (content: string): Anthropic.MessageParam[] => [{ role: 'user', content }];
const PART = aPartPrompt({
  number: 1,
  heading: 'Birds',
  words: 150,
  noteIds: LARKMOOR_NOTES.slice(0, 10).map((note) => note.id),
});
const format = (schema: ZodType): Anthropic.OutputConfig => ({
  format: { type: 'json_schema', schema: z.toJSONSchema(schema) },
});
const textOf = (message: Anthropic.Message): string =>
  message.content[0]?.type === 'text' ? message.content[0].text : '';

describe('the Anthropic protocol', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startBench({ defects: NO_DEFECTS });
  });
  beforeEach(() => {
    bench.simulator.clearCalls();
    bench.simulator.clearPromptCache();
  });
  afterAll(() => bench.simulator.close());
  const create = (
    params: Partial<Anthropic.MessageCreateParamsNonStreaming> & { messages: Anthropic.MessageParam[] },
  ) => bench.anthropic.messages.create({ model: 'claude-haiku-5-5', max_tokens: 1_000, ...params });

  it('returns a message with disjoint usage, marked as simulated everywhere', async () => {
    const { data, response, request_id } = await create({ system: 'Be exact.', messages: user(PART) }).withResponse();
    expect(data).toMatchObject({
      type: 'message',
      role: 'assistant',
      model: 'claude-haiku-5-5',
      stop_reason: 'end_turn',
      stop_sequence: null,
    });
    expect(textOf(data)).toContain('[1]');
    expect(data.usage).toMatchObject({
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      output_tokens_details: { thinking_tokens: 0 },
    });
    expect(response.headers.get(SIMULATED_HEADER)).toBe('true');
    expect(request_id).toMatch(/^req_sim_/);
    expect(data.id).toMatch(/^msg_sim_/);
  });

  it('sends the rate limits with every reply', async () => {
    const { response } = await create({ messages: user('Hello') }).withResponse();
    for (const name of ['requests', 'tokens', 'input-tokens', 'output-tokens']) {
      expect(Number(response.headers.get(`anthropic-ratelimit-${name}-remaining`))).toBeGreaterThan(0);
      expect(Date.parse(response.headers.get(`anthropic-ratelimit-${name}-reset`) ?? '')).toBeGreaterThan(0);
    }
  });

  it('streams the same message as without streaming', async () => {
    const whole = await create({ messages: user(PART) });
    const stream = bench.anthropic.messages.stream({
      model: 'claude-haiku-5-5',
      max_tokens: 1_000,
      messages: user(PART),
    });
    const kinds = new Set<string>();
    stream.on('streamEvent', (event) => kinds.add(event.type));
    const streamed = await stream.finalMessage();
    expect(textOf(streamed)).toBe(textOf(whole));
    expect(streamed.usage).toMatchObject({
      input_tokens: whole.usage.input_tokens,
      output_tokens: whole.usage.output_tokens,
    });
    expect([...kinds]).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
  });

  it('recognises a schema without a name', async () => {
    const prompt = `${aBrief()}\n${fence('source', LARKMOOR_SOURCES[1].text, { id: 2, title: 'Birds' })}`;
    const message = await create({ messages: user(prompt), output_config: format(SourceSummary) });
    const { points } = SourceSummary.parse(JSON.parse(textOf(message)));
    for (const { quote } of points) expect(LARKMOOR_SOURCES[1].text).toContain(quote);
    expect(bench.simulator.calls()[0]?.purpose).toBe('source_summary');
  });

  it('calls a tool, streamed or not', async () => {
    const tools: Anthropic.Tool[] = [
      { name: 'article_part', input_schema: z.toJSONSchema(ArticlePart) as Anthropic.Tool.InputSchema },
    ];
    const tool_choice = { type: 'tool' as const, name: 'article_part' };
    const message = await create({ messages: user(PART), tools, tool_choice });
    expect(message.stop_reason).toBe('tool_use');
    const [block] = message.content;
    const streamed = await bench.anthropic.messages
      .stream({ model: 'claude-haiku-5-5', max_tokens: 1_000, messages: user(PART), tools, tool_choice })
      .finalMessage();
    expect(ArticlePart.parse(block?.type === 'tool_use' ? block.input : undefined)).toEqual(
      streamed.content[0]?.type === 'tool_use' ? streamed.content[0].input : {},
    );
  });

  it('returns text after a tool result', async () => {
    const tools: Anthropic.Tool[] = [
      { name: 'research_notes', input_schema: z.toJSONSchema(ResearchNotes) as Anthropic.Tool.InputSchema },
    ];
    const message = await create({
      tools,
      messages: [
        ...user(PART),
        { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'research_notes', input: {} }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'Done.' }] },
      ],
    });
    expect(message.stop_reason).toBe('end_turn');
  });

  it('cuts the reply at max_tokens and stops at a stop sequence', async () => {
    const cut = await create({ messages: user(PART), max_tokens: 15 });
    expect([cut.stop_reason, cut.usage.output_tokens]).toEqual(['max_tokens', 15]);
    const stopped = await create({ messages: user(PART), stop_sequences: ['[1]'] });
    expect([stopped.stop_reason, stopped.stop_sequence]).toEqual(['stop_sequence', '[1]']);
  });

  it('caches only marked prefixes: first written, then read', async () => {
    const system: Anthropic.TextBlockParam[] = [
      { type: 'text', text: 'Be exact.' },
      {
        type: 'text',
        text: `${LARKMOOR_SOURCES.map((source) => source.text).join('\n')}\n${aNotesFence()}`,
        cache_control: { type: 'ephemeral' },
      },
    ];
    const [first, second] = [
      await create({ system, messages: user('Birds?') }),
      await create({ system, messages: user('Gates, please?') }),
    ];
    const written = first.usage.cache_creation_input_tokens ?? 0;
    expect(written).toBeGreaterThanOrEqual(1_024);
    expect(first.usage.cache_creation).toEqual({ ephemeral_5m_input_tokens: written, ephemeral_1h_input_tokens: 0 });
    expect(second.usage).toMatchObject({ cache_read_input_tokens: written, cache_creation_input_tokens: 0 });
    const unmarked = system.map(({ type, text }) => ({ type, text }));
    const third = await create({ system: unmarked, messages: user('Birds?') });
    expect(third.usage).toMatchObject({ cache_read_input_tokens: 0, cache_creation_input_tokens: 0 });
  });

  it('bills one-hour cache writes as such', async () => {
    const text = `${LARKMOOR_SOURCES.map((source) => source.text).join('\n')}\n${aNotesFence()}`;
    const message = await create({
      messages: [{ role: 'user', content: [{ type: 'text', text, cache_control: { type: 'ephemeral', ttl: '1h' } }] }],
    });
    expect(message.usage.cache_creation?.ephemeral_1h_input_tokens).toBeGreaterThanOrEqual(1_024);
    expect(bench.simulator.calls()[0]?.billed.cacheWrite1h).toBe(
      message.usage.cache_creation?.ephemeral_1h_input_tokens,
    );
  });

  it('counts the tokens that it bills', async () => {
    const counted = await bench.anthropic.messages.countTokens({
      model: 'claude-haiku-5-5',
      system: 'Be exact.',
      messages: user(PART),
    });
    const message = await create({ system: 'Be exact.', messages: user(PART) });
    expect(counted.input_tokens).toBe(message.usage.input_tokens);
    expect(bench.simulator.calls()).toHaveLength(1);
  });

  it('lists its models as simulated', async () => {
    const models = await collect(bench.anthropic.models.list());
    expect(models.length).toBeGreaterThan(5);
    expect(models.every((model) => model.display_name.endsWith('(simulated)'))).toBe(true);
    expect((await bench.anthropic.models.retrieve('claude-opus-5-5')).max_tokens).toBe(128_000);
  });

  describe('errors', () => {
    const failure = async (run: Promise<unknown>): Promise<InstanceType<typeof Anthropic.APIError>> => {
      const error: unknown = await run.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      if (!(error instanceof Anthropic.APIError)) throw new Error('the call did not fail as it should');
      return error;
    };

    it('rejects a request without a key, and one without a version', async () => {
      const post = async (headers: Record<string, string>): Promise<[number, string]> => {
        const response = await fetch(`${bench.simulator.url}/v1/messages`, { method: 'POST', body: '{}', headers });
        return [response.status, ((await response.json()) as { error: { type: string } }).error.type];
      };
      expect(await post({ 'anthropic-version': '2023-06-01' })).toEqual([401, 'authentication_error']);
      expect(await post({ 'x-api-key': 'k' })).toEqual([400, 'invalid_request_error']);
    });

    it.each([
      { title: 'an unknown model', params: { model: 'claude-0' }, status: 404, type: 'not_found_error' },
      { title: "the other vendor's model", params: { model: 'gpt-6-luna' }, status: 404, type: 'not_found_error' },
      {
        title: 'too many tokens requested',
        params: { model: 'claude-opus-4-1', max_tokens: 32_001 },
        status: 400,
        type: 'invalid_request_error',
      },
      {
        title: "a first message that is not the user's",
        params: { messages: [{ role: 'assistant' as const, content: 'Hi' }] },
        status: 400,
        type: 'invalid_request_error',
      },
      {
        title: 'a prompt longer than the context',
        params: { model: 'claude-haiku-4-5', messages: user('tide '.repeat(210_000)) },
        status: 400,
        type: 'invalid_request_error',
      },
    ])('responds to $title with $status', async ({ params, status, type }) => {
      const error = await failure(
        bench.anthropic.messages.create(
          { model: 'claude-haiku-5-5', max_tokens: 10, messages: user('x'), ...params },
          { timeout: 10_000 },
        ),
      );
      expect([error.status, error.type]).toEqual([status, type]);
      expect(error.requestID).toMatch(/^req_sim_/);
    });

    it('rejects a fifth cache mark', async () => {
      const content = Array.from({ length: 5 }, (): Anthropic.TextBlockParam => ({
        type: 'text',
        text: 'x',
        cache_control: { type: 'ephemeral' },
      }));
      expect((await failure(create({ messages: [{ role: 'user', content }] }))).status).toBe(400);
    });
  });
});
