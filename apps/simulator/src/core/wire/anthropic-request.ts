import { z } from 'zod';
import type { PromptMessage } from '../prompt/parse-prompt.ts';
import { chooseTarget, type ToolChoice } from './choose-target.ts';
import type { GenerationRequest, PromptSegment } from './generation.ts';
import { fail, type Parsed } from './wire-failure.ts';

const CacheControl = z.looseObject({ type: z.literal('ephemeral'), ttl: z.enum(['5m', '1h']).optional() });
const Block = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  content: z.union([z.string(), z.array(z.looseObject({ type: z.string(), text: z.string().optional() }))]).optional(),
  input: z.unknown().optional(),
  cache_control: CacheControl.nullish(),
});
type Block = z.infer<typeof Block>;
const JsonSchemaObject = z.record(z.string(), z.unknown());
const Tool = z.looseObject({
  name: z.string(),
  description: z.string().optional(),
  input_schema: JsonSchemaObject.optional(),
  cache_control: CacheControl.nullish(),
});

/** Fields shared by messages and token counts. */
const CountRequest = z.looseObject({
  model: z.string().min(1),
  messages: z
    .array(
      z.looseObject({ role: z.enum(['user', 'assistant', 'system']), content: z.union([z.string(), z.array(Block)]) }),
    )
    .min(1),
  system: z.union([z.string(), z.array(Block)]).optional(),
  tools: z.array(Tool).optional(),
  tool_choice: z.looseObject({ type: z.enum(['auto', 'any', 'tool', 'none']), name: z.string().optional() }).optional(),
  output_config: z
    .looseObject({ format: z.looseObject({ type: z.literal('json_schema'), schema: JsonSchemaObject }).nullish() })
    .optional(),
  cache_control: CacheControl.nullish(),
});
const MessagesRequest = CountRequest.extend({
  max_tokens: z.int().min(1),
  stop_sequences: z.array(z.string()).optional(),
  stream: z.boolean().optional(),
  temperature: z.number().min(0).max(1).optional(),
});

const MAX_BREAKPOINTS = 4;

/** Parses the body of `POST /v1/messages`. */
export function parseMessagesRequest(body: unknown): Parsed<GenerationRequest> {
  return parse(MessagesRequest, body);
}

/** Parses the body of `POST /v1/messages/count_tokens`. */
export function parseCountRequest(body: unknown): Parsed<GenerationRequest> {
  return parse(CountRequest, body);
}

function parse(schema: typeof MessagesRequest | typeof CountRequest, body: unknown): Parsed<GenerationRequest> {
  const parsed = schema.safeParse(body);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const param = issue?.path.join('.') ?? '';
    const message =
      issue?.code === 'invalid_type' && issue.message.includes('undefined')
        ? 'Field required'
        : (issue?.message ?? 'not understood');
    return fail({ status: 400, kind: 'invalid_request', message: `${param}: ${message}`, param });
  }
  const request: z.infer<typeof CountRequest> & Partial<z.infer<typeof MessagesRequest>> = parsed.data;
  if (request.messages[0]?.role !== 'user') {
    return fail({
      status: 400,
      kind: 'invalid_request',
      message: 'messages: first message must use the "user" role',
      param: 'messages',
    });
  }
  const segments = segmentsOf(request);
  if (segments.filter((segment) => segment.breakpoint !== undefined).length > MAX_BREAKPOINTS) {
    return fail({
      status: 400,
      kind: 'invalid_request',
      message: `A maximum of ${MAX_BREAKPOINTS} blocks with cache_control may be provided.`,
    });
  }
  const messages: PromptMessage[] = [
    ...(request.system === undefined ? [] : [{ role: 'system' as const, text: textOf(request.system) }]),
    ...request.messages.map(({ role, content }): PromptMessage => {
      const isResult = typeof content !== 'string' && content.some((block) => block.type === 'tool_result');
      return { role: isResult ? 'tool' : role, text: textOf(content) };
    }),
  ];
  const tools = (request.tools ?? []).map((tool) => ({
    name: tool.name,
    description: tool.description ?? '',
    schema: tool.input_schema ?? { type: 'object' },
  }));
  const format = request.output_config?.format;
  return {
    ok: true,
    value: {
      vendor: 'anthropic',
      model: request.model,
      messages,
      segments,
      cachesAutomatically: false,
      target: chooseTarget({
        schema: format ? { name: undefined, schema: format.schema } : undefined,
        tools,
        choice: toolChoiceOf(request.tool_choice, tools.length),
        messages,
      }),
      maxOutputTokens: request.max_tokens,
      maxOutputField: 'max_tokens',
      stopSequences: request.stop_sequences ?? [],
      stream: request.stream === true,
      streamUsage: true,
      seed: '',
    },
  };
}

function toolChoiceOf(choice: z.infer<typeof CountRequest>['tool_choice'], tools: number): ToolChoice {
  if (choice?.type === 'tool' && choice.name !== undefined) return { name: choice.name };
  if (choice?.type === 'any') return 'required';
  return choice?.type === 'none' || tools === 0 ? 'none' : 'auto';
}

function textOf(content: string | readonly Block[]): string {
  return typeof content === 'string' ? content : content.map(blockText).join('\n');
}

function blockText(block: Block): string {
  if (block.text !== undefined) return block.text;
  if (block.input !== undefined) return JSON.stringify(block.input);
  if (block.content === undefined) return '';
  return typeof block.content === 'string' ? block.content : block.content.map((part) => part.text ?? '').join('\n');
}

/** Tools and schema, then system, then messages: the order of Anthropic's cache prefixes. */
function segmentsOf(request: z.infer<typeof CountRequest>): PromptSegment[] {
  const format = request.output_config?.format;
  const segments: PromptSegment[] = [
    ...(request.tools ?? []).map((tool) =>
      segment(JSON.stringify({ ...tool, cache_control: undefined }), false, tool.cache_control),
    ),
    ...(format ? [segment(JSON.stringify(format.schema), false)] : []),
    ...(request.system === undefined ? [] : contentSegments(request.system)),
    ...request.messages.flatMap((message) => contentSegments(message.content)),
  ];
  const last = segments.at(-1);
  // A marker on the request applies to the last cacheable block.
  if (request.cache_control && last) last.breakpoint = request.cache_control.ttl ?? '5m';
  return segments;
}

function contentSegments(content: string | readonly Block[]): PromptSegment[] {
  if (typeof content === 'string') return [segment(content, true)];
  return content.map((block, index) => segment(blockText(block), index === 0, block.cache_control));
}

function segment(
  text: string,
  opensMessage: boolean,
  cacheControl?: z.infer<typeof CacheControl> | null,
): PromptSegment {
  return { opensMessage, text, ...(cacheControl && { breakpoint: cacheControl.ttl ?? '5m' }) };
}
