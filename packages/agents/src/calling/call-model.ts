import type { LogicalCall } from '@pressroom/llm';
import type { StepContext } from '../ports.ts';
import type { Prompt } from '../prompts/prompt.ts';
import { findPromptLeak } from './find-prompt-leak.ts';

export interface ModelCall<Facts, Reply> extends Pick<
  LogicalCall<Reply>,
  'path' | 'purpose' | 'accept' | 'maxOutputTokens' | 'temperature' | 'tier'
> {
  prompt: Prompt<Facts>;
  /** Input of the prompt's template. */
  facts: Facts;
  schema: { name: string; zod: NonNullable<LogicalCall<Reply>['schema']>['zod'] };
  /** Texts of the reply that readers or later prompts see; they must not leak the prompt. */
  published?: (reply: Reply) => readonly string[];
}

/** Renders a prompt, calls the gateway and returns the parsed reply. All model calls of agents go through here. */
export async function callModel<Facts, Reply>(
  context: Pick<StepContext, 'llm'>,
  call: ModelCall<Facts, Reply>,
): Promise<Reply> {
  const { prompt, facts, published, ...rest } = call;
  const { system, user } = prompt.render(facts);
  const accept = (reply: Reply): string[] => {
    const problems = call.accept?.(reply) ?? [];
    if (problems.length > 0 || !published) return problems;
    return findPromptLeak(published(reply), { system, user }) === undefined
      ? []
      : ['PROMPT_LEAK: it repeats its instructions'];
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
