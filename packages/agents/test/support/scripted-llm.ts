import type { LlmPort, LogicalCall } from '@pressroom/llm';
import { Failure } from './failure.ts';

type AnyCall = Omit<LogicalCall<unknown>, 'accept' | 'schema'> & { schema?: { name: string } };
/** A reply, an error to throw, or what to make of the call. */
export type Answer = unknown;

export interface ScriptedLlm extends LlmPort {
  /** Every call, in the order they started. */
  calls: AnyCall[];
  paths(): string[];
  /** The user message of the call of that path. */
  promptOf(path: string): string;
}

/**
 * Answers calls by their path. Like the gateway it validates replies against schema and check, and throws
 * `OUTPUT_INVALID` when they do not hold; a path nobody scripted is the test's mistake.
 */
export function scriptedLlm(answers: Readonly<Record<string, Answer>>): ScriptedLlm {
  const calls: AnyCall[] = [];
  return {
    calls,
    paths: () => calls.map(({ path }) => path),
    promptOf: (path) =>
      calls
        .find((call) => call.path === path)
        ?.messages.map(({ content }) => content)
        .join('\n') ?? '',
    async call<T>(call: LogicalCall<T>) {
      calls.push(call);
      await Promise.resolve();
      if (!(call.path in answers)) throw new Error(`nothing is scripted for ${call.path}`);
      const scripted = answers[call.path];
      const answer: unknown =
        typeof scripted === 'function' ? (scripted as (call: unknown) => unknown)(call) : scripted;
      if (answer instanceof Error) throw answer;
      const value = call.schema ? call.schema.zod.parse(answer) : (answer as T);
      const problems = call.accept?.(value) ?? [];
      if (problems.length > 0) throw new Failure('OUTPUT_INVALID', true);
      return {
        value,
        finish: 'stop',
        tier: 'T2',
        model: 'scripted',
        provider: 'scripted',
        cache: 'miss',
        simulated: true,
      };
    },
  };
}
