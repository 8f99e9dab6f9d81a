import type { Finish, GeneratedReply } from './generation.ts';
import type { WireFailure } from './wire-failure.ts';

const STOP_REASON: Readonly<Record<Finish, string>> = {
  stop: 'end_turn',
  stop_sequence: 'stop_sequence',
  length: 'max_tokens',
  tool: 'tool_use',
  refusal: 'refusal',
};

/** Usage as Anthropic reports it: input, cache reads and cache writes are disjoint. */
export function anthropicUsage({ usage }: GeneratedReply): Record<string, unknown> {
  return {
    input_tokens: usage.uncachedInput,
    cache_creation_input_tokens: usage.cacheWrite5m + usage.cacheWrite1h,
    cache_read_input_tokens: usage.cacheRead,
    cache_creation: { ephemeral_5m_input_tokens: usage.cacheWrite5m, ephemeral_1h_input_tokens: usage.cacheWrite1h },
    output_tokens: usage.output,
    output_tokens_details: { thinking_tokens: usage.reasoning },
    inference_geo: null,
    server_tool_use: null,
    service_tier: 'standard',
    speed: 'standard',
  };
}

/** Body of a message that is not streamed. */
export function message(reply: GeneratedReply): Record<string, unknown> {
  const isTool = isToolCall(reply);
  const block = isTool
    ? { ...toolUse(reply), input: toolInput(reply.text) }
    : { type: 'text', text: reply.text, citations: null };
  return {
    ...envelope(reply),
    content: reply.text === '' && !isTool ? [] : [block],
    stop_reason: STOP_REASON[reply.finish],
    stop_sequence: reply.stopSequence,
    ...(reply.hidesUsage !== true && { usage: anthropicUsage(reply) }),
  };
}

/** The events of a streamed message, except those with its text. */
export function messageStream(reply: GeneratedReply) {
  const isTool = isToolCall(reply);
  const usage = anthropicUsage(reply);
  return {
    opening: [
      event('message_start', {
        message: {
          ...envelope(reply),
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: { ...usage, output_tokens: 1 },
        },
      }),
      event('content_block_start', {
        index: 0,
        content_block: isTool ? { ...toolUse(reply), input: {} } : { type: 'text', text: '', citations: null },
      }),
      event('ping', {}),
    ].join(''),
    text: (text: string) =>
      event('content_block_delta', {
        index: 0,
        delta: isTool ? { type: 'input_json_delta', partial_json: text } : { type: 'text_delta', text },
      }),
    closing: [
      event('content_block_stop', { index: 0 }),
      event('message_delta', {
        delta: {
          stop_reason: STOP_REASON[reply.finish],
          stop_sequence: reply.stopSequence,
          stop_details: null,
          container: null,
        },
        // Compatible servers omit the usage here and send it at the start of the message.
        ...(reply.hidesUsage !== true && { usage }),
      }),
      event('message_stop', {}),
    ].join(''),
  };
}

function envelope(reply: GeneratedReply): Record<string, unknown> {
  return {
    id: reply.id,
    type: 'message',
    role: 'assistant',
    model: reply.model.id,
    container: null,
    diagnostics: null,
    stop_details: null,
  };
}

/** A refusal is always text. */
const isToolCall = (reply: GeneratedReply): boolean =>
  reply.request.target.kind === 'tool' && reply.finish !== 'refusal';

function toolUse(reply: GeneratedReply): Record<string, unknown> {
  const { target } = reply.request;
  return {
    type: 'tool_use',
    id: `toolu_sim_${reply.fingerprint.slice(0, 20)}`,
    caller: { type: 'direct' },
    name: target.kind === 'tool' ? target.name : '',
  };
}

/** A cut or malformed reply is not valid JSON; the vendor then sends an empty input. */
function toolInput(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

function event(type: string, fields: Record<string, unknown>): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}

/** Body of an error in Anthropic's format. */
export function anthropicError(failure: WireFailure, requestId: string): Record<string, unknown> {
  const type = {
    invalid_request: 'invalid_request_error',
    context_too_long: 'invalid_request_error',
    unauthenticated: 'authentication_error',
    permission_denied: 'permission_error',
    unknown_model: 'not_found_error',
    unknown_path: 'not_found_error',
    too_large: 'request_too_large',
    rate_limited: 'rate_limit_error',
    server_error: 'api_error',
    unavailable: 'api_error',
    timeout: 'timeout_error',
    overloaded: 'overloaded_error',
  }[failure.kind];
  return {
    type: 'error',
    error: { type, message: `[simulated] ${failure.message}`, details: null },
    request_id: requestId,
  };
}
