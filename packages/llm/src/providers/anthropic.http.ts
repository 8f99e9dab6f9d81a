import Anthropic from '@anthropic-ai/sdk';
import type { Clock } from '@pressroom/runtime';
import type { Provider, ProviderEvent, ProviderRequest } from '../provider.ts';
import { describeSchema } from '../reply/core/describe-schema.ts';
import { readAnthropicUsage } from './anthropic-usage.ts';
import { classifyFailure } from './classify-failure.ts';
import { CLIENT_REQUEST_ID } from './client-request-id.ts';
import { readRateLimits } from './rate-limit-headers.ts';
import { SDK_TIMEOUT_MS } from './sdk-timeout.ts';

export interface AnthropicProviderOptions {
  name: string;
  apiKey: string;
  /** Default: Anthropic's own. */
  baseURL: string | undefined;
  simulated: boolean;
  clock: Clock;
  fetch?: typeof globalThis.fetch;
}

type Body = Anthropic.MessageCreateParamsStreaming;

/** Anthropic's messages, streamed, with structured output in its own schema mode. */
export function createAnthropicProvider(options: AnthropicProviderOptions): Provider {
  const { name, simulated, clock } = options;
  const client = new Anthropic({
    // An explicit key also keeps the SDK from looking for tokens and profiles in its surroundings.
    apiKey: options.apiKey,
    baseURL: options.baseURL ?? 'https://api.anthropic.com',
    maxRetries: 0,
    timeout: SDK_TIMEOUT_MS,
    logLevel: 'off',
    openTelemetry: false,
    ...(options.fetch && { fetch: options.fetch }),
  });

  async function* stream(request: ProviderRequest): AsyncGenerator<ProviderEvent> {
    const { signal, model } = request;
    let started: unknown;
    try {
      const { data: events, response } = await client.messages
        .create(bodyOf(request), { signal, headers: { [CLIENT_REQUEST_ID]: request.requestId } })
        .withResponse();
      const limits = readRateLimits(response.headers);
      if (limits) yield { type: 'limits', limits };
      for await (const event of events) {
        if (event.type === 'message_start') {
          started = event.message.usage;
          const usage = readAnthropicUsage(started);
          if (usage) yield { type: 'usage', usage, final: false };
        } else if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') {
          yield { type: 'text', delta: event.delta.text };
        } else if (event.type === 'message_delta') {
          const usage = readAnthropicUsage(started, event.usage);
          const stopReason = event.delta.stop_reason;
          if (usage) yield { type: 'usage', usage, final: stopReason !== null };
          if (stopReason !== null) yield { type: 'finish', finish: FINISH[stopReason] ?? 'length' };
        }
      }
    } catch (error) {
      signal.throwIfAborted();
      throw classifyFailure(error, { provider: name, model: model.id, nowMs: clock.nowMs() });
    }
    // An aborted stream just ends: the SDK does not throw.
    signal.throwIfAborted();
  }

  return { name, simulated, stream };
}

/** Any other reason (the output limit, the context window, a paused turn) means that the reply is not whole. */
const FINISH: Readonly<Record<string, 'stop' | 'refusal' | undefined>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  refusal: 'refusal',
};

function bodyOf(request: ProviderRequest): Body {
  const { model, schema, reasoning } = request;
  const inPrompt = schema !== undefined && model.schemaMode === 'prompt';
  const system = inPrompt ? describeSchema(request.system, schema) : request.system;
  const outputConfig: Anthropic.OutputConfig = {
    ...(schema && !inPrompt && { format: { type: 'json_schema', schema: schema.jsonSchema } }),
    ...(model.reasoningOff === 'disabled' && reasoning !== 'off' && { effort: reasoning }),
  };
  return {
    model: model.id,
    ...(system !== '' && { system: [systemBlock(system, request.cacheSystem)] }),
    messages: request.messages.map(({ role, content }) => ({ role, content })),
    max_tokens: request.maxOutputTokens,
    stream: true,
    ...(request.temperature !== undefined && { temperature: request.temperature }),
    ...(Object.keys(outputConfig).length > 0 && { output_config: outputConfig }),
    ...(model.reasoningOff === 'disabled' && reasoning === 'off' && { thinking: { type: 'disabled' } }),
  };
}

/** A breakpoint after the system prompt: what sibling calls share is written once and then read at a tenth or less. */
function systemBlock(text: string, cached: boolean): Anthropic.TextBlockParam {
  return { type: 'text', text, ...(cached && { cache_control: { type: 'ephemeral' } }) };
}
