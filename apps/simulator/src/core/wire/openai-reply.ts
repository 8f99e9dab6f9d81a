import type { Finish, GeneratedReply } from './generation.ts';
import type { WireFailure } from './wire-failure.ts';

/** OpenAI's `system_fingerprint`, which marks every reply as simulated. */
export const SYSTEM_FINGERPRINT = 'pressroom-simulator';

const FINISH: Readonly<Record<Finish, string>> = {
  stop: 'stop',
  stop_sequence: 'stop',
  length: 'length',
  tool: 'tool_calls',
  // A refusal has a normal finish; its text is in a separate field.
  refusal: 'stop',
};

/** Usage in OpenAI's format: cached and written tokens are part of the prompt. */
export function openaiUsage(reply: GeneratedReply): Record<string, unknown> {
  const { usage, promptTokens } = reply;
  return {
    prompt_tokens: promptTokens,
    completion_tokens: usage.output,
    total_tokens: promptTokens + usage.output,
    prompt_tokens_details: {
      cached_tokens: usage.cacheRead,
      audio_tokens: 0,
      ...(reply.model.billsCacheWrites && { cache_write_tokens: usage.cacheWrite5m + usage.cacheWrite1h }),
    },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

/** Body of a chat completion that is not streamed. */
export function chatCompletion(reply: GeneratedReply): Record<string, unknown> {
  const { target } = reply.request;
  const message =
    reply.finish === 'refusal'
      ? { role: 'assistant', content: null, refusal: reply.text, annotations: [] }
      : target.kind === 'tool'
        ? {
            role: 'assistant',
            content: null,
            refusal: null,
            annotations: [],
            tool_calls: [
              { id: toolCallId(reply), type: 'function', function: { name: target.name, arguments: reply.text } },
            ],
          }
        : { role: 'assistant', content: reply.text, refusal: null, annotations: [] };
  return {
    ...envelope(reply, 'chat.completion'),
    choices: [{ index: 0, message, logprobs: null, finish_reason: FINISH[reply.finish] }],
    ...(reply.hidesUsage !== true && { usage: openaiUsage(reply) }),
  };
}

/** The chunks of a streamed chat completion, except those with its text. */
export function chatStream(reply: GeneratedReply) {
  const { target: asked, streamUsage } = reply.request;
  const isRefusal = reply.finish === 'refusal';
  const target = isRefusal ? { kind: 'text' as const } : asked;
  const chunk = (delta: Record<string, unknown>, finish: string | null): string =>
    data({
      ...envelope(reply, 'chat.completion.chunk'),
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
      ...(streamUsage && { usage: null }),
    });
  return {
    opening: chunk(
      target.kind === 'tool'
        ? {
            role: 'assistant',
            content: null,
            tool_calls: [
              { index: 0, id: toolCallId(reply), type: 'function', function: { name: target.name, arguments: '' } },
            ],
          }
        : { role: 'assistant', content: '', refusal: null },
      null,
    ),
    text: (text: string) =>
      chunk(
        target.kind === 'tool'
          ? { tool_calls: [{ index: 0, function: { arguments: text } }] }
          : isRefusal
            ? { refusal: text }
            : { content: text },
        null,
      ),
    closing: [
      chunk({}, FINISH[reply.finish]),
      ...(streamUsage && reply.hidesUsage !== true
        ? [data({ ...envelope(reply, 'chat.completion.chunk'), choices: [], usage: openaiUsage(reply) })]
        : []),
      'data: [DONE]\n\n',
    ].join(''),
  };
}

function envelope(reply: GeneratedReply, object: string): Record<string, unknown> {
  return {
    id: reply.id,
    object,
    created: Math.floor(reply.createdAtMs / 1_000),
    model: reply.model.id,
    service_tier: 'default',
    system_fingerprint: SYSTEM_FINGERPRINT,
  };
}

const toolCallId = (reply: GeneratedReply): string => `call_sim_${reply.fingerprint.slice(0, 20)}`;
const data = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;

/** Body of an error in OpenAI's format. */
export function openaiError(failure: WireFailure): Record<string, unknown> {
  const [type, code] = {
    invalid_request: ['invalid_request_error', null],
    context_too_long: ['invalid_request_error', 'context_length_exceeded'],
    unauthenticated: ['invalid_request_error', 'invalid_api_key'],
    permission_denied: ['invalid_request_error', 'permission_denied'],
    unknown_model: ['invalid_request_error', 'model_not_found'],
    unknown_path: ['invalid_request_error', 'unknown_url'],
    too_large: ['invalid_request_error', 'request_too_large'],
    rate_limited: ['requests', 'rate_limit_exceeded'],
    server_error: ['server_error', null],
    unavailable: ['server_error', 'service_unavailable'],
    timeout: ['server_error', 'timeout'],
    overloaded: ['server_error', 'overloaded'],
  }[failure.kind] as [string, string | null];
  return { error: { message: `[simulated] ${failure.message}`, type, param: failure.param ?? null, code } };
}
