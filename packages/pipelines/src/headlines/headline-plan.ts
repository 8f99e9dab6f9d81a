import type { HeadlinesInput } from '@pressroom/contracts';

const DEFAULT_COUNT = 5;
/** What search engines show of a title, roughly, and what fits a line of a phone's listing twice. */
const DEFAULT_MAX_CHARACTERS = 70;

export interface HeadlinePlan {
  count: number;
  maxCharacters: number;
}

/** How many headlines of which length an input asks for. */
export const planHeadlines = (input: Pick<HeadlinesInput, 'count' | 'maxCharacters'>): HeadlinePlan => ({
  count: input.count ?? DEFAULT_COUNT,
  maxCharacters: input.maxCharacters ?? DEFAULT_MAX_CHARACTERS,
});
