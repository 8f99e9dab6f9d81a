import { z } from 'zod';

/** A reply that was recorded: its words and how it ended. What it is billed follows from its tokens, as always. */
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

/** What is worth keeping of a chat completion; undefined when it is none. */
export function fromChatCompletion(body: unknown): RecordedReply | undefined {
  const choice = ChatCompletion.safeParse(body).data?.choices[0];
  if (!choice) return undefined;
  const { content, refusal, tool_calls: calls } = choice.message;
  if (refusal != null) return { text: refusal, finish: 'refusal' };
  const text = calls?.[0]?.function?.arguments ?? content ?? '';
  return { text, finish: choice.finish_reason === 'length' ? 'length' : 'stop' };
}

/** What is worth keeping of a message; undefined when it is none. */
export function fromMessage(body: unknown): RecordedReply | undefined {
  const message = Message.safeParse(body).data;
  if (!message) return undefined;
  const tool = message.content.find(({ type }) => type === 'tool_use');
  const text = tool ? JSON.stringify(tool.input) : message.content.map((block) => block.text ?? '').join('');
  const finish = { max_tokens: 'length', refusal: 'refusal' }[message.stop_reason ?? ''] ?? 'stop';
  return { text, finish: finish as RecordedReply['finish'] };
}
