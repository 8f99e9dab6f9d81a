import { APIError as AnthropicError } from '@anthropic-ai/sdk';
import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';
import { describe, expect, it } from 'vitest';
import { classifyFailure } from './classify-failure.ts';

const origin = {
  provider: 'openai',
  model: 'gpt-6-luna',
  baseURL: 'https://api.openai.com/v1',
  nowMs: Date.parse('2026-11-20T12:00:00Z'),
  wasStarted: true,
};
const openai = (status: number | undefined, error: object, headers: Record<string, string> = {}): unknown =>
  APIError.generate(status, { error }, undefined, new Headers({ 'x-request-id': 'req_123', ...headers }));
const anthropic = (status: number | undefined, type: string, message = 'm'): unknown =>
  status === undefined
    ? new AnthropicError(undefined, { type: 'error', error: { type, message } }, undefined, new Headers(), null)
    : AnthropicError.generate(status, { type: 'error', error: { type, message } }, undefined, new Headers());
const reset = (): Error =>
  Object.assign(new TypeError('terminated'), { cause: Object.assign(new Error('reset'), { code: 'ECONNRESET' }) });

const failed = (cause: object): Error =>
  new TypeError('fetch failed', { cause: Object.assign(new Error('cause'), cause) });

describe('classifyFailure', () => {
  it.each([
    {
      title: 'OpenAI 429',
      thrown: openai(429, { code: 'rate_limit_exceeded', type: 'requests' }),
      code: 'PROVIDER_RATE_LIMITED',
      reach: 'moment',
    },
    {
      title: 'OpenAI 429 without credit',
      thrown: openai(429, { code: 'insufficient_quota' }),
      code: 'PROVIDER_AUTH_FAILED',
      reach: 'provider',
    },
    {
      title: 'OpenAI 401',
      thrown: openai(401, { code: 'invalid_api_key' }),
      code: 'PROVIDER_AUTH_FAILED',
      reach: 'provider',
    },
    { title: 'OpenAI 403', thrown: openai(403, {}), code: 'PROVIDER_AUTH_FAILED', reach: 'provider' },
    {
      title: 'OpenAI 404',
      thrown: openai(404, { code: 'model_not_found' }),
      code: 'PROVIDER_BAD_REQUEST',
      reach: 'model',
    },
    {
      title: 'OpenAI 400',
      thrown: openai(400, { type: 'invalid_request_error' }),
      code: 'PROVIDER_BAD_REQUEST',
      reach: 'model',
    },
    {
      title: 'OpenAI context length',
      thrown: openai(400, { code: 'context_length_exceeded' }),
      code: 'CONTEXT_TOO_LONG',
      reach: 'model',
    },
    {
      title: 'OpenAI 500',
      thrown: openai(500, { type: 'server_error' }),
      code: 'PROVIDER_UNAVAILABLE',
      reach: 'moment',
    },
    { title: 'OpenAI 503', thrown: openai(503, {}), code: 'PROVIDER_UNAVAILABLE', reach: 'moment' },
    { title: 'OpenAI 408', thrown: openai(408, {}), code: 'PROVIDER_TIMED_OUT', reach: 'moment' },
    {
      title: 'an error event in OpenAI’s stream',
      thrown: new APIError(undefined, { type: 'server_error' }, undefined, undefined),
      code: 'PROVIDER_UNAVAILABLE',
      reach: 'moment',
    },
    {
      title: 'Anthropic 429',
      thrown: anthropic(429, 'rate_limit_error'),
      code: 'PROVIDER_RATE_LIMITED',
      reach: 'moment',
    },
    {
      title: 'Anthropic 529',
      thrown: anthropic(529, 'overloaded_error'),
      code: 'PROVIDER_UNAVAILABLE',
      reach: 'moment',
    },
    { title: 'Anthropic 413', thrown: anthropic(413, 'request_too_large'), code: 'CONTEXT_TOO_LONG', reach: 'model' },
    {
      title: 'Anthropic prompt too long',
      thrown: anthropic(400, 'invalid_request_error', 'prompt is too long: 250000 tokens'),
      code: 'CONTEXT_TOO_LONG',
      reach: 'model',
    },
    {
      title: 'Anthropic account without credit',
      thrown: anthropic(402, 'billing_error'),
      code: 'PROVIDER_AUTH_FAILED',
      reach: 'provider',
    },
    {
      title: 'an overload event in Anthropic’s stream',
      thrown: anthropic(undefined, 'overloaded_error'),
      code: 'PROVIDER_UNAVAILABLE',
      reach: 'moment',
    },
    {
      title: 'a connection refused',
      thrown: new APIConnectionError({ cause: reset() }),
      code: 'PROVIDER_UNAVAILABLE',
      reach: 'moment',
    },
    {
      title: 'a connection that timed out',
      thrown: new APIConnectionTimeoutError(),
      code: 'PROVIDER_TIMED_OUT',
      reach: 'moment',
    },
    { title: 'a socket reset during the stream', thrown: reset(), code: 'PROVIDER_UNAVAILABLE', reach: 'moment' },
    {
      title: 'a stream with invalid JSON',
      thrown: new SyntaxError('Unexpected token'),
      code: 'PROVIDER_UNAVAILABLE',
      reach: 'moment',
    },
    { title: 'a thrown value that is not an error', thrown: 'oops', code: 'PROVIDER_UNAVAILABLE', reach: 'moment' },
  ])('calls $title $code', ({ thrown, code, reach }) => {
    expect(classifyFailure(thrown, origin)).toMatchObject({ code, reach });
  });

  it('reads the wait and the retry advice from the headers', () => {
    const error = classifyFailure(openai(503, {}, { 'retry-after': '2', 'x-should-retry': 'false' }), origin);
    expect(error).toMatchObject({ retryAfterMs: 2_000, doNotRetry: true });
  });

  it('names provider, failure and request for the operator', () => {
    expect(classifyFailure(openai(429, { code: 'rate_limit_exceeded' }), origin).message).toBe(
      'openai limits the rate (model gpt-6-luna, status 429, code rate_limit_exceeded, request req_123)',
    );
    expect(classifyFailure(new APIConnectionError({ cause: reset() }), origin).message).toBe(
      'openai closed the connection at api.openai.com:443: ECONNRESET (model gpt-6-luna)',
    );
  });

  it('names host, port and cause when the connection is refused', () => {
    const local = { ...origin, baseURL: 'http://127.0.0.1:4010/v1' };
    expect(
      classifyFailure(new APIConnectionError({ cause: failed({ code: 'ECONNREFUSED', syscall: 'connect' }) }), local)
        .message,
    ).toBe('openai could not be reached at 127.0.0.1:4010: ECONNREFUSED (model gpt-6-luna)');
  });

  it.each([
    { title: 'a status of 400', thrown: openai(400, {}), isFree: true },
    { title: 'a status of 429', thrown: openai(429, {}), isFree: true },
    { title: 'a status of 500', thrown: openai(500, {}), isFree: true },
    { title: 'a status of 529', thrown: anthropic(529, 'overloaded_error'), isFree: true },
    { title: 'a status of 408', thrown: openai(408, {}), isFree: false },
    { title: 'a status of 499', thrown: openai(499, {}), isFree: false },
    { title: 'a status of 504', thrown: openai(504, {}), isFree: false },
    { title: 'a status of 524', thrown: openai(524, {}), isFree: false },
    { title: 'an error event in a stream', thrown: anthropic(undefined, 'overloaded_error'), isFree: false },
    { title: 'a reset', thrown: new APIConnectionError({ cause: reset() }), isFree: false },
    { title: 'a socket closed by the other side', thrown: failed({ code: 'UND_ERR_SOCKET' }), isFree: false },
    { title: 'no headers in time', thrown: failed({ code: 'UND_ERR_HEADERS_TIMEOUT' }), isFree: false },
    {
      title: 'a timeout of an established connection',
      thrown: failed({ code: 'ETIMEDOUT', syscall: 'read' }),
      isFree: false,
    },
    {
      title: 'a route lost after the connection was established',
      thrown: failed({ code: 'EHOSTUNREACH', syscall: 'read' }),
      isFree: false,
    },
    { title: 'an abort', thrown: new DOMException('aborted', 'AbortError'), isFree: false },
    { title: 'a thrown value that is not an error', thrown: 'oops', isFree: false },
    { title: 'a refused connection', thrown: failed({ code: 'ECONNREFUSED', syscall: 'connect' }), isFree: true },
    { title: 'an unknown host', thrown: failed({ code: 'ENOTFOUND', syscall: 'getaddrinfo' }), isFree: true },
    { title: 'a connect that timed out', thrown: failed({ code: 'UND_ERR_CONNECT_TIMEOUT' }), isFree: true },
    {
      title: 'a rejected certificate',
      thrown: failed({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }),
      isFree: true,
    },
    {
      title: 'a refused connection at every address of a host',
      thrown: new TypeError('fetch failed', {
        cause: new AggregateError([
          Object.assign(new Error(), { code: 'ECONNREFUSED', syscall: 'connect' }),
          Object.assign(new Error(), { code: 'ECONNREFUSED', syscall: 'connect' }),
        ]),
      }),
      isFree: true,
    },
    {
      title: 'a refused connection at one address and a reset at the other',
      thrown: new TypeError('fetch failed', {
        cause: new AggregateError([
          Object.assign(new Error(), { code: 'ECONNREFUSED', syscall: 'connect' }),
          Object.assign(new Error(), { code: 'ECONNRESET', syscall: 'read' }),
        ]),
      }),
      isFree: false,
    },
  ])('classifies $title as free: $isFree', ({ thrown, isFree }) => {
    expect(classifyFailure(thrown, origin).isFree).toBe(isFree);
  });

  it('classifies a failure before the network request as free', () => {
    expect(classifyFailure(new TypeError('Invalid header value'), { ...origin, wasStarted: false }).isFree).toBe(true);
  });

  it('replaces unknown codes', () => {
    const message = classifyFailure(openai(400, { code: 'my_secret_project' }), origin).message;
    expect(message).toBe('openai refused the request (model gpt-6-luna, status 400, code unknown, request req_123)');
  });

  it('prefers a known type to an unknown code', () => {
    expect(classifyFailure(openai(400, { code: 'x1', type: 'invalid_request_error' }), origin).message).toContain(
      'code invalid_request_error',
    );
  });

  it('omits request ids that do not have a vendor’s format', () => {
    const error = classifyFailure(openai(400, {}, { 'x-request-id': 'CANARY-tenant-acme' }), origin);
    expect(error.message).not.toContain('CANARY');
  });

  it('omits everything that could quote the prompt or the key', () => {
    const canary = 'CANARY with spaces';
    const thrown = [
      openai(400, { message: `Invalid prompt: ${canary}`, code: canary, type: canary, param: canary }),
      openai(401, { message: `Incorrect API key provided: sk-CANARY`, code: 'sk-CANARY' }),
      anthropic(400, canary, `prompt is too long: ${canary}`),
      new APIConnectionError({ message: canary, cause: new Error(canary) }),
      Object.assign(new Error(canary), { code: canary, request: { body: canary } }),
    ];
    for (const error of thrown.map((each) => classifyFailure(each, origin))) {
      expect(`${error.message} ${String(error.stack)} ${String(error.cause)} ${JSON.stringify(error)}`).not.toContain(
        'CANARY',
      );
    }
  });
});
