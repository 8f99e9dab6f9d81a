import Anthropic from '@anthropic-ai/sdk';
import { isStandardTier } from '@pressroom/catalog';
import type { Clock } from '@pressroom/runtime';
import type { Provider, ProviderEvent, ProviderRequest } from '../provider.ts';
import { describeSchema } from '../reply/core/describe-schema.ts';
import { hasOutputCount, readAnthropicUsage } from './anthropic-usage.ts';
import { classifyFailure } from './classify-failure.ts';
import { CLIENT_REQUEST_ID } from './client-request-id.ts';
import { readRateLimits } from './rate-limit-headers.ts';
import { SDK_TIMEOUT_MS } from './sdk-timeout.ts';
import { readServiceTier } from './service-tier.ts';
import { createProviderFetch } from './transport/provider-fetch.ts';
import { wireLimitsFor } from './transport/reply-limits.ts';

export interface AnthropicProviderOptions {
  name: string;
  apiKey: string;
  /** Default: the vendor's URL. */
  baseURL: string | undefined;
  simulated: boolean;
  clock: Clock;
  fetch?: typeof globalThis.fetch;
}

type Body = Anthropic.MessageCreateParamsStreaming;

/** Anthropic's Messages API, streamed, with its schema mode for structured output. */
export function createAnthropicProvider(options: AnthropicProviderOptions): Provider {
  const { name, simulated, clock } = options;
  const baseURL = options.baseURL ?? 'https://api.anthropic.com';
  const client = new Anthropic({
    // An explicit key also keeps the SDK from reading tokens and profiles from the environment.
    apiKey: options.apiKey,
    baseURL,
    maxRetries: 0,
    timeout: SDK_TIMEOUT_MS,
    logLevel: 'off',
    openTelemetry: false,
  });

  async function* stream(request: ProviderRequest): AsyncGenerator<ProviderEvent> {
    const { signal, model } = request;
    const limits = wireLimitsFor(request.maxOutputTokens);
    const transport = createProviderFetch({ provider: name, model: model.id, limits, fetch: options.fetch });
    const reports: unknown[] = [];
    const usageSoFar = () => readAnthropicUsage(reports, request.promptTokens);
    try {
      const { data: events, response } = await client
        .withOptions({ fetch: transport.fetch })
        .messages.create(bodyOf(request), { signal, headers: { [CLIENT_REQUEST_ID]: request.requestId } })
        .withResponse();
      const allowed = readRateLimits(response.headers);
      if (allowed) yield { type: 'limits', limits: allowed };
      for await (const event of events) {
        if (event.type === 'message_start') {
          reports.push(event.message.usage);
          const serviceTier = readServiceTier((event.message.usage as { service_tier?: unknown } | null)?.service_tier);
          if (serviceTier !== undefined) yield { type: 'service_tier', serviceTier };
          const usage = usageSoFar();
          if (usage) yield { type: 'usage', usage, final: false };
        } else if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') {
          // Compatible servers send deltas without text.
          if (typeof event.delta.text === 'string') yield { type: 'text', delta: event.delta.text };
        } else if (event.type === 'message_delta') {
          reports.push(event.usage);
          const usage = usageSoFar();
          // Compatible servers leave it out of an interim report: that is not the end of the reply.
          const stopReason = event.delta.stop_reason as string | null | undefined;
          // Compatible endpoints omit the final usage; the first report contains no reply tokens.
          if (usage)
            yield { type: 'usage', usage, final: typeof stopReason === 'string' && hasOutputCount(event.usage) };
          if (typeof stopReason === 'string') yield { type: 'finish', finish: FINISH.get(stopReason) ?? 'length' };
        }
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

/** Any other reason (output limit, context window, paused turn) means an incomplete reply. */
const FINISH: ReadonlyMap<string, 'stop' | 'refusal'> = new Map([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['refusal', 'refusal'],
]);

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
    // The API has no tier names, only a switch for the organisation's priority capacity.
    ...(request.serviceTier !== undefined && {
      service_tier: isStandardTier(request.serviceTier) ? ('standard_only' as const) : ('auto' as const),
    }),
    ...(request.temperature !== undefined && { temperature: request.temperature }),
    ...(Object.keys(outputConfig).length > 0 && { output_config: outputConfig }),
    ...(model.reasoningOff === 'disabled' && reasoning === 'off' && { thinking: { type: 'disabled' } }),
  };
}

/** Cache breakpoint after the system prompt: sibling calls read the shared prefix at a tenth of the price or less. */
function systemBlock(text: string, cached: boolean): Anthropic.TextBlockParam {
  return { type: 'text', text, ...(cached && { cache_control: { type: 'ephemeral' } }) };
}
