import { createCatalog, ModelSpec, type Model } from '@pressroom/catalog';
import { systemClock } from '@pressroom/runtime';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Provider, ProviderEvent, ProviderRequest } from '../src/provider.ts';
import { createAnthropicProvider } from '../src/providers/anthropic.http.ts';
import { createOpenAiProvider } from '../src/providers/openai.http.ts';
import { aRequest } from '../src/testing/builders.ts';
import { describeProvider, type Behaviour } from '../src/testing/provider-conformance.ts';
import { anthropicReply, openAiReply, type Reply } from './wire-replies.ts';
import { events, fail, startWireServer, type Answer, type WireServer } from './wire-server.ts';

const catalog = createCatalog({
  extraModels: [
    {
      provider: 'local',
      spec: ModelSpec.parse({
        id: 'llama',
        contextTokens: 8_000,
        maxOutputTokens: 2_000,
        schemaMode: 'prompt',
        prices: { input: 0, output: 0 },
      }),
    },
  ],
});
const schema = { name: 'article_part', jsonSchema: { type: 'object', properties: { markdown: { type: 'string' } } } };
const KEY = 'sk-CANARY-key';

let server: WireServer;
beforeAll(async () => {
  server = await startWireServer();
});
afterAll(() => server.close());

const openai = (): Provider =>
  createOpenAiProvider({
    name: 'openai',
    apiKey: KEY,
    baseURL: `${server.baseURL}/v1`,
    simulated: false,
    dialect: 'openai',
    clock: systemClock,
  });
const compatible = (): Provider =>
  createOpenAiProvider({
    name: 'local',
    apiKey: undefined,
    baseURL: `${server.baseURL}/v1`,
    simulated: false,
    dialect: 'compatible',
    clock: systemClock,
  });
const anthropic = (): Provider =>
  createAnthropicProvider({
    name: 'anthropic',
    apiKey: KEY,
    baseURL: server.baseURL,
    simulated: false,
    clock: systemClock,
  });

const read = async (provider: Provider, part: Partial<ProviderRequest> = {}): Promise<ProviderEvent[]> => {
  const seen: ProviderEvent[] = [];
  for await (const event of provider.stream(aRequest(part))) seen.push(event);
  return seen;
};
const model = (ref: string): Model => catalog.require(ref);
const lastRequest = () => server.requests.at(-1);

const conformance = (provider: () => Provider, reply: (reply: Reply) => Answer) => () => {
  const before = server.requests.length;
  return {
    provider: provider(),
    requestCount: () => server.requests.length - before,
    next: (behaviour: Behaviour) => {
      switch (behaviour.does) {
        case 'reply':
          server.plan(reply(behaviour));
          break;
        case 'refuse':
          server.plan(reply({ text: 'I cannot help with that.', finish: 'refusal' }));
          break;
        case 'cut':
          server.plan(reply({ text: behaviour.text, end: 'destroy' }));
          break;
        case 'hang':
          server.plan(reply({ text: behaviour.text, end: 'hang' }));
          break;
        case 'fail':
          server.plan(fail(behaviour.status, { error: { message: 'down', type: 'server_error' } }));
          break;
      }
    },
  };
};
describeProvider('OpenAI', conformance(openai, openAiReply));
describeProvider('an OpenAI-compatible endpoint', conformance(compatible, openAiReply));
describeProvider('Anthropic', conformance(anthropic, anthropicReply));

describe('the request to OpenAI', () => {
  beforeEach(() => {
    server.plan(openAiReply({ text: '{}' }));
  });

  it('is a streamed chat completion with a strict schema, usage, and a cache key', async () => {
    await read(openai(), { schema, cacheKey: 'task-7', model: model('gpt-6-luna') });
    expect(lastRequest()?.path).toBe('/v1/chat/completions');
    expect(lastRequest()?.headers.authorization).toBe(`Bearer ${KEY}`);
    expect(lastRequest()?.body).toEqual({
      model: 'gpt-6-luna',
      messages: [
        { role: 'system', content: 'You write.' },
        { role: 'user', content: 'Write about tides.' },
      ],
      stream: true,
      stream_options: { include_usage: true },
      max_completion_tokens: 100,
      reasoning_effort: 'none',
      prompt_cache_key: 'task-7',
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'article_part', strict: true, schema: schema.jsonSchema },
      },
    });
  });

  it('contains the reasoning effort in the model’s terms', async () => {
    server.plan(openAiReply({ text: '{}' }), openAiReply({ text: '{}' }));
    await read(openai(), { reasoning: 'low' });
    await read(openai(), { model: model('gpt-5-mini') });
    await read(openai(), { model: model('gpt-4o') });
    expect(server.requests.slice(-3).map(({ body }) => body['reasoning_effort'])).toEqual([
      'low',
      'minimal',
      undefined,
    ]);
  });
});

describe('the request to a compatible endpoint', () => {
  it('contains no field that only OpenAI supports, and describes the schema in the prompt', async () => {
    server.plan(openAiReply({ text: '{}' }));
    await read(compatible(), { schema, temperature: 0.3, model: model('local/llama') });
    const { messages, ...rest } = lastRequest()?.body ?? {};
    expect(rest).toEqual({
      model: 'llama',
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: 100,
      temperature: 0.3,
    });
    expect(JSON.stringify(messages)).toContain('fits this JSON Schema');
  });
});

describe('the request to Anthropic', () => {
  it('is a streamed message with its schema mode, a cached system prompt and thinking off', async () => {
    server.plan(anthropicReply({ text: '{}' }));
    await read(anthropic(), { schema, cacheSystem: true, model: model('claude-haiku-5-5') });
    expect(lastRequest()?.path).toBe('/v1/messages');
    expect(lastRequest()?.headers.authorization).toBe(`Bearer ${KEY}`);
    expect(lastRequest()?.body).toEqual({
      model: 'claude-haiku-5-5',
      system: [{ type: 'text', text: 'You write.', cache_control: { type: 'ephemeral' } }],
      messages: [{ role: 'user', content: 'Write about tides.' }],
      max_tokens: 100,
      stream: true,
      output_config: { format: { type: 'json_schema', schema: schema.jsonSchema } },
      thinking: { type: 'disabled' },
    });
  });

  it('contains the effort when reasoning is requested', async () => {
    server.plan(anthropicReply({ text: 'x' }));
    await read(anthropic(), { reasoning: 'low', model: model('claude-opus-5-5') });
    expect(lastRequest()?.body).toMatchObject({ output_config: { effort: 'low' } });
    expect(lastRequest()?.body).not.toHaveProperty('thinking');
  });
});

describe('usage', () => {
  it('comes early for the prompt and final at the end, from Anthropic', async () => {
    server.plan(anthropicReply({ text: 'x' }));
    const usages = (await read(anthropic())).filter((event) => event.type === 'usage');
    expect(usages).toMatchObject([
      { final: false, usage: { uncachedInput: 25, cacheRead: 65, output: 1 } },
      { final: true, usage: { uncachedInput: 25, cacheRead: 65, output: 12 } },
    ]);
  });

  it('of an interim report and deltas without text, as compatible servers send them, end no reply', async () => {
    server.plan(
      anthropicReply({ text: 'whole' }, [
        { type: 'message_delta', delta: {}, usage: { output_tokens: 1 } } as { type: string },
        { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: null } } as { type: string },
      ]),
    );
    const seen = await read(anthropic());
    const deltas = seen.flatMap((event) => (event.type === 'text' ? [event.delta] : []));
    expect(deltas.join('')).toBe('whole');
    expect(seen.filter((event) => event.type === 'finish')).toEqual([{ type: 'finish', finish: 'stop' }]);
    expect(seen.filter((event) => event.type === 'usage').map(({ final }) => final)).toEqual([false, false, true]);
  });

  it('may be missing without a failure', async () => {
    server.plan(openAiReply({ text: 'x', usage: null }));
    const seen = await read(openai());
    expect(seen.some((event) => event.type === 'usage')).toBe(false);
    expect(seen).toContainEqual({ type: 'finish', finish: 'stop' });
  });
});

describe('failures on the wire', () => {
  it.each([
    {
      of: 'OpenAI',
      provider: openai,
      error: { error: { message: KEY, code: 'rate_limit_exceeded', type: 'requests' } },
    },
    {
      of: 'Anthropic',
      provider: anthropic,
      error: { type: 'error', error: { type: 'rate_limit_error', message: KEY } },
    },
  ])('$of’s 429 carries its retry-after, and not its message', async ({ provider, error }) => {
    server.plan(fail(429, error, { 'retry-after': '7' }));
    const thrown: unknown = await read(provider()).catch((caught: unknown) => caught);
    expect(thrown).toMatchObject({ code: 'PROVIDER_RATE_LIMITED', retryAfterMs: 7_000 });
    expect(`${String(thrown)} ${String((thrown as Error).cause)}`).not.toContain('CANARY');
  });

  it('an overload event in Anthropic’s stream is an outage', async () => {
    const error = JSON.stringify({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } });
    server.plan(events([`event: error\ndata: ${error}\n\n`]));
    await expect(read(anthropic())).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
  });

  it('an error event in OpenAI’s stream is classified by its code', async () => {
    server.plan(
      events([`data: ${JSON.stringify({ error: { message: 'm', type: 'server_error', code: 'server_error' } })}\n\n`]),
    );
    await expect(read(openai())).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
  });

  it('invalid JSON is an outage, and is not quoted in the error', async () => {
    server.plan(events(['data: {"CANARY": nonsense\n\n']));
    const thrown: unknown = await read(openai()).catch((caught: unknown) => caught);
    expect(thrown).toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
    expect(String(thrown)).not.toContain('CANARY');
  });

  it('a refused connection is an outage that names host, port and cause', async () => {
    const closed = await startWireServer();
    await closed.close();
    const provider = createAnthropicProvider({
      name: 'anthropic',
      apiKey: KEY,
      baseURL: closed.baseURL,
      simulated: false,
      clock: systemClock,
    });
    await expect(read(provider)).rejects.toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
      isFree: true,
      message: `anthropic could not be reached at ${new URL(closed.baseURL).host}: ECONNREFUSED (model gpt-6-luna)`,
    });
  });

  describe('before and after the first byte of a request', () => {
    /** A server that handles each connection as given; passes its port to `use`. */
    const withServer = async (onConnection: (socket: Socket) => void, use: (port: number) => Promise<void>) => {
      const sockets = new Set<Socket>();
      const raw = createServer((socket) => {
        sockets.add(socket);
        socket.on('error', () => undefined);
        onConnection(socket);
      });
      await new Promise<void>((resolve) => raw.listen(0, '127.0.0.1', resolve));
      try {
        await use((raw.address() as AddressInfo).port);
      } finally {
        for (const socket of sockets) socket.destroy();
        await new Promise((resolve) => raw.close(resolve));
      }
    };
    const failureAt = (baseURL: string): Promise<unknown> => {
      const provider = createOpenAiProvider({
        name: 'openai',
        apiKey: KEY,
        baseURL,
        simulated: false,
        dialect: 'openai',
        clock: systemClock,
      });
      return read(provider).catch((error: unknown) => error);
    };

    it.each<{ title: string; scheme: string; onConnection: (socket: Socket) => void; isFree: boolean }>([
      {
        title: 'a TLS handshake that the server aborts',
        scheme: 'https',
        onConnection: (socket) => void socket.once('data', () => socket.destroy()),
        isFree: true,
      },
      {
        title: 'a TLS handshake with a server that speaks plain HTTP',
        scheme: 'https',
        onConnection: (socket) => void socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
        isFree: true,
      },
      {
        title: 'a reset after the request was read',
        scheme: 'http',
        onConnection: (socket) => void socket.once('data', () => socket.resetAndDestroy()),
        isFree: false,
      },
      {
        title: 'a connection closed after the request was read',
        scheme: 'http',
        onConnection: (socket) => void socket.once('data', () => socket.destroy()),
        isFree: false,
      },
      {
        title: 'a response that is not HTTP',
        scheme: 'http',
        onConnection: (socket) => void socket.once('data', () => socket.end('nonsense')),
        isFree: false,
      },
      {
        title: 'a response cut in its headers',
        scheme: 'http',
        onConnection: (socket) => void socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-')),
        isFree: false,
      },
    ])('classifies $title as free: $isFree', async ({ scheme, onConnection, isFree }) => {
      await withServer(onConnection, async (port) => {
        expect(await failureAt(`${scheme}://127.0.0.1:${port}/v1`)).toMatchObject({
          isFree,
          message: expect.stringContaining(`127.0.0.1:${port}`) as string,
        });
      });
    });

    it('classifies an unknown host as free, and names it', async () => {
      expect(await failureAt('http://nonesuch.invalid/v1')).toMatchObject({
        isFree: true,
        message: expect.stringMatching(/could not be reached at nonesuch\.invalid:80: E[A-Z_]+/) as string,
      });
    });
  });

  it.each([
    { of: 'OpenAI', provider: openai },
    { of: 'Anthropic', provider: anthropic },
  ])('an abort before $of has responded closes the connection immediately', async ({ provider }) => {
    const controller = new AbortController();
    const before = server.abandoned();
    const reached = Promise.withResolvers<undefined>();
    server.plan(() => {
      reached.resolve(undefined);
    });
    const reading = read(provider(), { signal: controller.signal });
    const outcome = expect(reading).rejects.toThrow('cancelled');
    await reached.promise;
    const startedMs = performance.now();
    controller.abort(new Error('cancelled'));
    await outcome;
    await expect.poll(() => server.abandoned(), { timeout: 1_000, interval: 5 }).toBe(before + 1);
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });
});
