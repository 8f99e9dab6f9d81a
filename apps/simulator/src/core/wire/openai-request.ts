import { z } from 'zod';
import type { PromptMessage } from '../prompt/parse-prompt.ts';
import type { JsonSchema } from '../writing/fill-schema.ts';
import { chooseTarget, type ToolChoice } from './choose-target.ts';
import type { GenerationRequest, PromptSegment } from './generation.ts';
import { fail, type Parsed } from './wire-failure.ts';

const Part = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  prompt_cache_breakpoint: z.looseObject({}).optional(),
});
const Message = z.looseObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']),
  content: z.union([z.string(), z.array(Part)]).nullish(),
  tool_calls: z.array(z.unknown()).optional(),
});
const JsonSchemaObject = z.record(z.string(), z.unknown());
const Tool = z.looseObject({
  type: z.string(),
  function: z
    .looseObject({ name: z.string(), description: z.string().optional(), parameters: JsonSchemaObject.optional() })
    .optional(),
});

/** The supported part of a chat completion request; other options are accepted and ignored. */
const ChatRequest = z.looseObject({
  model: z.string().min(1),
  messages: z.array(Message).min(1),
  max_tokens: z.int().min(1).nullish(),
  max_completion_tokens: z.int().min(1).nullish(),
  n: z.int().min(1).nullish(),
  stop: z.union([z.string(), z.array(z.string()).max(4)]).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
  response_format: z
    .discriminatedUnion('type', [
      z.looseObject({ type: z.literal('text') }),
      z.looseObject({ type: z.literal('json_object') }),
      z.looseObject({
        type: z.literal('json_schema'),
        json_schema: z.looseObject({ name: z.string().regex(/^[\w-]{1,64}$/), schema: JsonSchemaObject.optional() }),
      }),
    ])
    .nullish(),
  tools: z.array(Tool).nullish(),
  tool_choice: z
    .union([z.enum(['none', 'auto', 'required']), z.looseObject({ function: z.looseObject({ name: z.string() }) })])
    .nullish(),
  seed: z.int().nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  prompt_cache_options: z.looseObject({ mode: z.enum(['implicit', 'explicit']).optional() }).nullish(),
});

/** Schema of any JSON object, for the mode without a schema. */
const FREE_JSON: JsonSchema = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] };

/** Parses the body of `POST /v1/chat/completions`. */
export function parseChatRequest(body: unknown): Parsed<GenerationRequest> {
  const parsed = ChatRequest.safeParse(body);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const param =
      issue?.path
        .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
        .join('')
        .slice(1) ?? '';
    return fail({
      status: 400,
      kind: 'invalid_request',
      message: `Invalid value for '${param}': ${issue?.message ?? 'not understood'}.`,
      param,
    });
  }
  const request = parsed.data;
  if ((request.n ?? 1) > 1) {
    return fail({
      status: 400,
      kind: 'invalid_request',
      message: 'The simulator supports one choice per request.',
      param: 'n',
    });
  }
  const messages: PromptMessage[] = request.messages.map((message) => ({
    role: message.role === 'developer' ? 'system' : message.role === 'function' ? 'tool' : message.role,
    text: [textOf(message.content), message.tool_calls ? JSON.stringify(message.tool_calls) : ''].join(''),
  }));
  const tools = (request.tools ?? []).flatMap(({ function: tool }) =>
    tool
      ? [{ name: tool.name, description: tool.description ?? '', schema: tool.parameters ?? { type: 'object' } }]
      : [],
  );
  const format = request.response_format;
  const schema =
    format?.type === 'json_schema'
      ? { name: format.json_schema.name, schema: (format.json_schema.schema ?? FREE_JSON) as JsonSchema }
      : format?.type === 'json_object'
        ? { name: undefined, schema: FREE_JSON }
        : undefined;
  const choice: ToolChoice =
    typeof request.tool_choice === 'string'
      ? request.tool_choice
      : request.tool_choice
        ? { name: request.tool_choice.function.name }
        : tools.length > 0
          ? 'auto'
          : 'none';
  const definitions = [
    schema && format?.type === 'json_schema' ? JSON.stringify(schema.schema) : '',
    request.tools?.length ? JSON.stringify(request.tools) : '',
  ];
  const segments: PromptSegment[] = [
    ...definitions.filter((text) => text !== '').map((text) => ({ opensMessage: false, text })),
    ...request.messages.flatMap((message, index) => segmentsOf(message.content, messages[index]?.text ?? '')),
  ];
  return {
    ok: true,
    value: {
      vendor: 'openai',
      model: request.model,
      messages,
      segments,
      cachesAutomatically: request.prompt_cache_options?.mode !== 'explicit',
      target: chooseTarget({ schema, tools, choice, messages }),
      maxOutputTokens: request.max_completion_tokens ?? request.max_tokens ?? undefined,
      maxOutputField: request.max_completion_tokens == null ? 'max_tokens' : 'max_completion_tokens',
      stopSequences: typeof request.stop === 'string' ? [request.stop] : (request.stop ?? []),
      stream: request.stream === true,
      streamUsage: request.stream_options?.include_usage === true,
      seed: request.seed == null ? '' : String(request.seed),
    },
  };
}

type Content = z.infer<typeof Message>['content'];

function textOf(content: Content): string {
  if (content == null) return '';
  return typeof content === 'string' ? content : content.map((part) => part.text ?? '').join('');
}

function segmentsOf(content: Content, text: string): PromptSegment[] {
  if (!Array.isArray(content)) return [{ opensMessage: true, text }];
  return content.map((part, index) => ({
    opensMessage: index === 0,
    text: part.text ?? '',
    ...(part.prompt_cache_breakpoint !== undefined && { breakpoint: '30m' as const }),
  }));
}
