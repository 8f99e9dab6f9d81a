import type { ArticleInput } from '@pressroom/contracts';
import { z } from 'zod';
import type { ToolOffer } from '../../tools/toolbox.ts';
import { searchTerms, standaloneQuestion } from './search-terms.ts';

const Lookup = z.object({
  /** Its journal path, such as `search/wikipedia/q1`. */
  path: z.string(),
  tool: z.string(),
  query: z.object({ question: z.string(), terms: z.array(z.string()), language: z.string() }),
});
export type Lookup = z.infer<typeof Lookup>;

/**
 * All questions and lookups of the research. Created before any source is read, stored in the journal and never extended, so
 * that the content of a source cannot cause a tool call.
 */
export const ResearchPlan = z.object({ questions: z.array(z.string()), lookups: z.array(Lookup) });
export type ResearchPlan = z.infer<typeof ResearchPlan>;

/** Combines questions and tools, with the configured number of questions per tool. Pure; the result is deeply frozen. */
export function freezePlan(
  input: Pick<ArticleInput, 'topic' | 'language'>,
  questions: readonly string[],
  tools: readonly ToolOffer[],
): ResearchPlan {
  const language = (input.language ?? 'en').split('-')[0]?.toLowerCase() ?? 'en';
  const lookups = tools.flatMap((tool) =>
    questions.slice(0, tool.questions).map((question, index) => ({
      path: `search/${tool.name}/q${index + 1}`,
      tool: tool.name,
      query: {
        question: standaloneQuestion(input.topic, question),
        // The first question is the broadest, so it searches for the topic itself.
        terms: searchTerms(input.topic, index === 0 ? '' : question),
        language,
      },
    })),
  );
  return deepFreeze({ questions: [...questions], lookups });
}

/** Parses a plan from the journal. @throws ZodError when an incompatible version stored it */
export const parseFrozenPlan = (stored: unknown): ResearchPlan => deepFreeze(ResearchPlan.parse(stored));

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
