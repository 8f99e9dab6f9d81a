import type { ArticleInput } from '@pressroom/contracts';
import { z } from 'zod';
import type { ToolOffer } from '../../tools/toolbox.ts';
import { searchTerms, standaloneQuestion } from './search-terms.ts';

const Lookup = z.object({
  /** `search/wikipedia/q1`: its place in the journal. */
  path: z.string(),
  tool: z.string(),
  query: z.object({ question: z.string(), terms: z.array(z.string()), language: z.string() }),
});
export type Lookup = z.infer<typeof Lookup>;

/**
 * Everything research will ask and look up. It is made before any source is read, kept in the journal, and nothing adds to
 * it afterwards: what a source says can cause no call of a tool.
 */
export const ResearchPlan = z.object({ questions: z.array(z.string()), lookups: z.array(Lookup) });
export type ResearchPlan = z.infer<typeof ResearchPlan>;

/** Questions times tools, each tool asked as many questions as it is configured for. Pure; deeply frozen. */
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
        // The first question is the broadest: what is looked for then is the topic itself.
        terms: searchTerms(input.topic, index === 0 ? '' : question),
        language,
      },
    })),
  );
  return deepFreeze({ questions: [...questions], lookups });
}

/** A plan as the journal has kept it. @throws ZodError when another version of the code has made it */
export const thawPlan = (kept: unknown): ResearchPlan => deepFreeze(ResearchPlan.parse(kept));

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
