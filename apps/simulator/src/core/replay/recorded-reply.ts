import { z } from 'zod';

/** A recorded reply: its text and finish. Its usage is computed from its tokens. */
export const RecordedReply = z.strictObject({
  text: z.string(),
  finish: z.enum(['stop', 'length', 'refusal']),
});
export type RecordedReply = z.infer<typeof RecordedReply>;

const ChatCompletion = z.looseObject({
  choices: z
    .array(
      z.looseObject({
        finish_reason: z.string().nullish(),
        message: z.looseObject({
          content: z.string().nullish(),
          refusal: z.string().nullish(),
          tool_calls: z
            .array(z.looseObject({ function: z.looseObject({ arguments: z.string() }).optional() }))
            .nullish(),
        }),
      }),
    )
    .min(1),
});

const Message = z.looseObject({
  stop_reason: z.string().nullish(),
  content: z.array(z.looseObject({ type: z.string(), text: z.string().optional(), input: z.unknown().optional() })),
});

/** Extracts a recorded reply from a chat completion; undefined if it is invalid. */
export function fromChatCompletion(body: unknown): RecordedReply | undefined {
  const choice = ChatCompletion.safeParse(body).data?.choices[0];
  if (!choice) return undefined;
  const { content, refusal, tool_calls: calls } = choice.message;
  if (refusal != null) return { text: refusal, finish: 'refusal' };
  const text = calls?.[0]?.function?.arguments ?? content ?? '';
  return { text, finish: choice.finish_reason === 'length' ? 'length' : 'stop' };
}

/** Extracts a recorded reply from a message; undefined if it is invalid. */
export function fromMessage(body: unknown): RecordedReply | undefined {
  const message = Message.safeParse(body).data;
  if (!message) return undefined;
  const tool = message.content.find(({ type }) => type === 'tool_use');
  const text = tool ? JSON.stringify(tool.input) : message.content.map((block) => block.text ?? '').join('');
  const finish = { max_tokens: 'length', refusal: 'refusal' }[message.stop_reason ?? ''] ?? 'stop';
  return { text, finish: finish as RecordedReply['finish'] };
}
