import type { LogicalCall } from '@pressroom/llm';
import type { StepContext } from '../ports.ts';
import type { Prompt } from '../prompts/prompt.ts';

export interface ModelCall<Facts, Reply> extends Pick<
  LogicalCall<Reply>,
  'path' | 'purpose' | 'accept' | 'maxOutputTokens' | 'temperature' | 'tier'
> {
  prompt: Prompt<Facts>;
  /** What the prompt is rendered from. */
  facts: Facts;
  schema: { name: string; zod: NonNullable<LogicalCall<Reply>['schema']>['zod'] };
}

/** Renders a prompt, asks the gateway and answers the parsed reply: the one way in which agents reach a model. */
export async function callModel<Facts, Reply>(
  context: Pick<StepContext, 'llm'>,
  call: ModelCall<Facts, Reply>,
): Promise<Reply> {
  const { prompt, facts, ...rest } = call;
  const { system, user } = prompt.render(facts);
  const { value } = await context.llm.call<Reply>({
    ...rest,
    prompt: { id: prompt.id, version: prompt.version },
    system,
    messages: [{ role: 'user', content: user }],
  });
  return value;
}
