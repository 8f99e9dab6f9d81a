import type { LlmPort, LogicalCall } from '@pressroom/llm';
import { Failure } from './failure.ts';

type AnyCall = Omit<LogicalCall<unknown>, 'accept' | 'schema'> & { schema?: { name: string } };
/** A reply, an error to throw, or a function of the call. */
export type Answer = unknown;

export interface ScriptedLlm extends LlmPort {
  /** All calls, in the order of their start. */
  calls: AnyCall[];
  paths(): string[];
  /** The user message of the call with this path. */
  promptOf(path: string): string;
}

/**
 * Replies to calls by path. Validates replies against schema and `accept` like the gateway and throws `OUTPUT_INVALID`; a path
 * without a scripted reply is an error of the test.
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
