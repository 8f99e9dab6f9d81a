import { ToolUnavailableError } from '../../src/tools/errors.ts';
import type { ToolQuery, ToolSource } from '../../src/tools/research-tool.ts';
import type { ResearchTools } from '../../src/tools/toolbox.ts';

export interface FakeTools extends ResearchTools {
  /** All searches, in the order of their start. */
  searches: { name: string; query: ToolQuery }[];
}

/** Tools that return the results of a test for every question, or an error. */
export function fakeTools(
  answers: Readonly<Record<string, readonly ToolSource[] | Error>>,
  options: { maxSources?: number; questions?: number; costNanoUsd?: bigint; isCallable?: boolean } = {},
): FakeTools {
  const searches: FakeTools['searches'] = [];
  return {
    searches,
    offers: Object.keys(answers).map((name) => ({
      name,
      questions: options.questions ?? 1,
      costNanoUsd: options.costNanoUsd ?? 0n,
    })),
    maxSources: options.maxSources ?? 6,
    isCallable: () => options.isCallable ?? true,
    async search(name, query) {
      searches.push({ name, query });
      await Promise.resolve();
      const answer = answers[name] ?? new ToolUnavailableError('unknown', { mayBeBilled: false });
      if (answer instanceof Error) throw answer;
      return [...answer];
    },
  };
}
