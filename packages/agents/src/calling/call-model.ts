import type { LogicalCall } from '@pressroom/llm';
import type { StepContext } from '../ports.ts';
import type { Prompt } from '../prompts/prompt.ts';
import { findPromptLeak } from './find-prompt-leak.ts';

export interface ModelCall<Facts, Reply> extends Pick<
  LogicalCall<Reply>,
  'path' | 'purpose' | 'accept' | 'maxOutputTokens' | 'temperature' | 'tier'
> {
  prompt: Prompt<Facts>;
  /** What the prompt is rendered from. */
  facts: Facts;
  schema: { name: string; zod: NonNullable<LogicalCall<Reply>['schema']>['zod'] };
  /** Texts of the reply that readers, or later prompts, will see: none of them may give the prompt away. */
  published?: (reply: Reply) => readonly string[];
}

/** Renders a prompt, asks the gateway and answers the parsed reply: the one way in which agents reach a model. */
export async function callModel<Facts, Reply>(
  context: Pick<StepContext, 'llm'>,
  call: ModelCall<Facts, Reply>,
): Promise<Reply> {
  const { prompt, facts, published, ...rest } = call;
  const { system, user } = prompt.render(facts);
  const accept = (reply: Reply): string[] => {
    const problems = call.accept?.(reply) ?? [];
    if (problems.length > 0 || !published) return problems;
    return findPromptLeak(published(reply), { system, user }) === undefined ? [] : ['it repeats its instructions'];
  };
  const { value } = await context.llm.call<Reply>({
    ...rest,
    accept,
    prompt: { id: prompt.id, version: prompt.version },
    system,
    messages: [{ role: 'user', content: user }],
  });
  return value;
}
