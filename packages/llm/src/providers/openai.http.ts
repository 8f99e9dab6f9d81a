import type { Clock } from '@pressroom/runtime';
import OpenAI from 'openai';
import type { Provider, ProviderEvent, ProviderRequest } from '../provider.ts';
import { describeSchema } from '../reply/core/describe-schema.ts';
import { classifyFailure } from './classify-failure.ts';
import { CLIENT_REQUEST_ID } from './client-request-id.ts';
import { readOpenAiUsage } from './openai-usage.ts';
import { readRateLimits } from './rate-limit-headers.ts';
import { SDK_TIMEOUT_MS } from './sdk-timeout.ts';
import { readServiceTier } from './service-tier.ts';
import { createProviderFetch } from './transport/provider-fetch.ts';
import { wireLimitsFor } from './transport/reply-limits.ts';

export interface OpenAiProviderOptions {
  name: string;
  apiKey: string | undefined;
  /** Default: the vendor's URL. */
  baseURL: string | undefined;
  simulated: boolean;
  /** `compatible` omits fields that only OpenAI's service is sure to support. */
  dialect: 'openai' | 'compatible';
  clock: Clock;
  fetch?: typeof globalThis.fetch;
}

type Body = OpenAI.ChatCompletionCreateParamsStreaming;

/** OpenAI's Chat Completions API, streamed; also any compatible endpoint. */
export function createOpenAiProvider(options: OpenAiProviderOptions): Provider {
  const { name, simulated, dialect, clock } = options;
  const baseURL = options.baseURL ?? 'https://api.openai.com/v1';
  const client = new OpenAI({
    apiKey: options.apiKey ?? 'none',
    baseURL,
    // Retries and timeouts belong to the gateway, which has one budget and one deadline for both.
    maxRetries: 0,
    timeout: SDK_TIMEOUT_MS,
    // The SDK logs request and response bodies.
    logLevel: 'off',
    ...(dialect === 'compatible' && { organization: null, project: null }),
  });

  async function* stream(request: ProviderRequest): AsyncGenerator<ProviderEvent> {
    const { signal, model } = request;
    const limits = wireLimitsFor(request.maxOutputTokens);
    const transport = createProviderFetch({ provider: name, model: model.id, limits, fetch: options.fetch });
    let finish: 'stop' | 'length' | 'refusal' | undefined;
    let serviceTier: string | undefined;
    try {
      const { data: chunks, response } = await client
        .withOptions({ fetch: transport.fetch })
        .chat.completions.create(bodyOf(request, dialect), {
          signal,
          headers: { [CLIENT_REQUEST_ID]: request.requestId },
        })
        .withResponse();
      const allowed = readRateLimits(response.headers);
      if (allowed) yield { type: 'limits', limits: allowed };
      for await (const chunk of chunks) {
        const reportedTier = readServiceTier(chunk.service_tier);
        if (reportedTier !== undefined && reportedTier !== serviceTier) {
          serviceTier = reportedTier;
          yield { type: 'service_tier', serviceTier };
        }
        const choice = chunk.choices.at(0);
        if (choice?.delta.content) yield { type: 'text', delta: choice.delta.content };
        if (choice?.delta.refusal) finish = 'refusal';
        if (choice?.finish_reason) {
          finish ??= FINISH.get(choice.finish_reason) ?? 'stop';
          yield { type: 'finish', finish };
        }
        const usage = chunk.usage && readOpenAiUsage(chunk.usage, request.promptTokens);
        if (usage) yield { type: 'usage', usage, final: finish !== undefined };
      }
    } catch (error) {
      signal.throwIfAborted();
      const origin = {
        provider: name,
        model: model.id,
        baseURL,
        nowMs: clock.nowMs(),
        wasStarted: transport.wasStarted(),
      };
      throw classifyFailure(transport.failure() ?? error, origin);
    }
    // The SDK does not throw when an aborted stream ends.
    signal.throwIfAborted();
  }

  return { name, simulated, stream };
}

/** Compatible servers use additional reasons for a normal stop. */
const FINISH: ReadonlyMap<string, 'stop' | 'length' | 'refusal'> = new Map([
  ['stop', 'stop'],
  ['length', 'length'],
  ['content_filter', 'refusal'],
]);

function bodyOf(request: ProviderRequest, dialect: OpenAiProviderOptions['dialect']): Body {
  const { model, schema, maxOutputTokens, temperature } = request;
  const inPrompt = schema !== undefined && model.schemaMode === 'prompt';
  const system = inPrompt ? describeSchema(request.system, schema) : request.system;
  return {
    model: model.id,
    messages: [
      ...(system === '' ? [] : [{ role: 'system' as const, content: system }]),
      ...request.messages.map(({ role, content }) => ({ role, content })),
    ],
    stream: true,
    stream_options: { include_usage: true },
    // Every compatible server supports the older name.
    [dialect === 'openai' ? 'max_completion_tokens' : 'max_tokens']: maxOutputTokens,
    ...(temperature !== undefined && { temperature }),
    ...(schema && !inPrompt && { response_format: formatOf(schema) }),
    ...(request.serviceTier !== undefined && {
      service_tier: request.serviceTier as NonNullable<Body['service_tier']>,
    }),
    ...(dialect === 'openai' && { prompt_cache_key: request.cacheKey }),
    ...(model.reasoningOff !== undefined && { reasoning_effort: effortOf(request) }),
  };
}

function formatOf(schema: { name: string; jsonSchema: Record<string, unknown> }): NonNullable<Body['response_format']> {
  return { type: 'json_schema', json_schema: { name: schema.name, strict: true, schema: schema.jsonSchema } };
}

function effortOf({ reasoning, model }: ProviderRequest): 'none' | 'minimal' | 'low' | 'medium' {
  if (reasoning !== 'off') return reasoning;
  return model.reasoningOff === 'minimal' ? 'minimal' : 'none';
}
