import { events, type Answer, type StreamEnd } from './wire-server.ts';

export interface Reply {
  text: string;
  finish?: 'stop' | 'length' | 'refusal';
  /** Absent: default usage; null: not reported. */
  usage?: object | null;
  /** Sent with every chunk, as OpenAI does. */
  serviceTier?: string;
  /** Omit everything after the text. */
  end?: StreamEnd;
}

const pieces = (text: string): string[] => text.match(/[\s\S]{1,7}/gu) ?? [];

/** A streamed Chat Completions reply. */
export function openAiReply({ text, finish = 'stop', usage, serviceTier, end = 'end' }: Reply): Answer {
  const chunk = (delta: object, finishReason: string | null = null, extra: object = {}): string =>
    `data: ${JSON.stringify({
      id: 'chatcmpl-1',
      object: 'chat.completion.chunk',
      created: 1_795_176_000,
      model: 'gpt-6-luna',
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
      usage: null,
      ...(serviceTier !== undefined && { service_tier: serviceTier }),
      ...extra,
    })}\n\n`;
  const head = [chunk({ role: 'assistant', content: '', refusal: null })];
  const body = pieces(text).map((piece) => chunk(finish === 'refusal' ? { refusal: piece } : { content: piece }));
  if (end !== 'end') return events([...head, ...body], end);
  const reported = usage === undefined ? { prompt_tokens: 90, completion_tokens: 12, total_tokens: 102 } : usage;
  return events([
    ...head,
    ...body,
    chunk({}, finish === 'length' ? 'length' : 'stop'),
    ...(reported ? [chunk({}, null, { choices: [], usage: reported })] : []),
    'data: [DONE]\n\n',
  ]);
}

/** A streamed Messages reply. */
export function anthropicReply(
  { text, finish = 'stop', usage, end = 'end' }: Reply,
  /** Events before the text. */
  interim: readonly { type: string }[] = [],
): Answer {
  const event = (type: string, data: object): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
  const head = [
    event('message_start', {
      message: {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'claude-haiku-5-5',
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: 25, cache_creation_input_tokens: 0, cache_read_input_tokens: 65, output_tokens: 1 },
      },
    }),
    event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    event('ping', {}),
    ...interim.map(({ type, ...data }) => event(type, data)),
  ];
  const body = pieces(text).map((piece) =>
    event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: piece } }),
  );
  if (end !== 'end') return events([...head, ...body], end);
  const stopReason = { stop: 'end_turn', length: 'max_tokens', refusal: 'refusal' }[finish];
  return events([
    ...head,
    ...body,
    event('content_block_stop', { index: 0 }),
    event('message_delta', {
      delta: { stop_reason: stopReason, stop_sequence: null },
      ...(usage !== null && { usage: usage ?? { output_tokens: 12 } }),
    }),
    event('message_stop', {}),
  ]);
}
