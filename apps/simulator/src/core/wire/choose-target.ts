import type { PromptMessage } from '../prompt/parse-prompt.ts';
import { overlap } from '../text/similarity.ts';
import { contentStems } from '../text/words.ts';
import type { JsonSchema } from '../writing/fill-schema.ts';
import { recogniseSchema, writerFor } from '../writing/writers.ts';
import type { ReplyTarget } from './generation.ts';

export interface OfferedTool {
  name: string;
  description: string;
  schema: JsonSchema;
}

/** `auto`: the model chooses; `required`: it chooses only the tool; a name: it has no choice. */
export type ToolChoice = 'none' | 'auto' | 'required' | { name: string };

/**
 * Chooses the output of a request. A tool is called when it is required, when it is a known output, or when the last message
 * mentions its subject; a tool's result is followed by text.
 */
export function chooseTarget(input: {
  schema: { name: string | undefined; schema: JsonSchema } | undefined;
  tools: readonly OfferedTool[];
  choice: ToolChoice;
  messages: readonly PromptMessage[];
}): ReplyTarget {
  const tool = chooseTool(input.tools, input.choice, input.messages);
  if (tool) return { kind: 'tool', name: tool.name, schema: tool.schema };
  const given = input.schema ?? schemaInWords(input.messages);
  if (!given) return { kind: 'text' };
  const { name, schema } = given;
  return { kind: 'json', name: recogniseSchema(name, schema) ?? 'json', schema };
}

/** For models without a schema mode: a JSON Schema at the end of the system message. */
function schemaInWords(messages: readonly PromptMessage[]): { name: undefined; schema: JsonSchema } | undefined {
  const system = messages.findLast((message) => message.role === 'system')?.text ?? '';
  const written = /\bJSON Schema\b[^\n]*:\n(\{[\s\S]*\})\s*$/.exec(system)?.[1];
  if (written === undefined) return undefined;
  try {
    return { name: undefined, schema: JSON.parse(written) as JsonSchema };
  } catch {
    return undefined;
  }
}

function chooseTool(
  tools: readonly OfferedTool[],
  choice: ToolChoice,
  messages: readonly PromptMessage[],
): OfferedTool | undefined {
  if (choice === 'none') return undefined;
  if (typeof choice === 'object') return tools.find((tool) => tool.name === choice.name);
  const asked = contentStems(messages.findLast((message) => message.role === 'user')?.text ?? '');
  const ranked = tools
    .map((tool) => ({
      tool,
      score: overlap(contentStems(`${tool.name.replace(/[_-]/g, ' ')} ${tool.description}`), asked),
    }))
    .sort((left, right) => right.score - left.score);
  if (choice === 'required') return ranked[0]?.tool;
  if (messages.at(-1)?.role === 'tool') return undefined;
  return tools.find((tool) => writerFor(tool.name) !== undefined) ?? ranked.find(({ score }) => score > 0)?.tool;
}
