import { APIError as AnthropicError } from '@anthropic-ai/sdk';
import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';
import { describe, expect, it } from 'vitest';
import { classifyFailure } from './classify-failure.ts';

const origin = { provider: 'openai', model: 'gpt-6-luna', nowMs: Date.parse('2026-11-20T12:00:00Z') };
const openai = (status: number | undefined, error: object, headers: Record<string, string> = {}): unknown =>
  APIError.generate(status, { error }, undefined, new Headers({ 'x-request-id': 'req_123', ...headers }));
const anthropic = (status: number | undefined, type: string, message = 'm'): unknown =>
  status === undefined
    ? new AnthropicError(undefined, { type: 'error', error: { type, message } }, undefined, new Headers(), null)
    : AnthropicError.generate(status, { type: 'error', error: { type, message } }, undefined, new Headers());
const reset = (): Error =>
  Object.assign(new TypeError('terminated'), { cause: Object.assign(new Error('reset'), { code: 'ECONNRESET' }) });

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
      title: 'an error inside OpenAI’s stream',
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
      title: 'Anthropic without credit',
      thrown: anthropic(402, 'billing_error'),
      code: 'PROVIDER_AUTH_FAILED',
      reach: 'provider',
    },
    {
      title: 'an overload inside Anthropic’s stream',
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
    { title: 'a socket reset in mid-stream', thrown: reset(), code: 'PROVIDER_UNAVAILABLE', reach: 'moment' },
    {
      title: 'a stream that is no JSON',
      thrown: new SyntaxError('Unexpected token'),
      code: 'PROVIDER_UNAVAILABLE',
      reach: 'moment',
    },
    { title: 'something that is no error at all', thrown: 'oops', code: 'PROVIDER_UNAVAILABLE', reach: 'moment' },
  ])('calls $title $code', ({ thrown, code, reach }) => {
    expect(classifyFailure(thrown, origin)).toMatchObject({ code, reach });
  });

  it('reads how long to wait and whether to try again from the headers', () => {
    const error = classifyFailure(openai(503, {}, { 'retry-after': '2', 'x-should-retry': 'false' }), origin);
    expect(error).toMatchObject({ retryAfterMs: 2_000, doNotRetry: true });
  });

  it('says who, what and which request, for the operator', () => {
    expect(classifyFailure(openai(429, { code: 'rate_limit_exceeded' }), origin).message).toBe(
      'openai limits the rate (model gpt-6-luna, status 429, code rate_limit_exceeded, request req_123)',
    );
    expect(classifyFailure(new APIConnectionError({ cause: reset() }), origin).message).toContain('ECONNRESET');
  });

  it('drops everything that could quote the prompt or the key', () => {
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
