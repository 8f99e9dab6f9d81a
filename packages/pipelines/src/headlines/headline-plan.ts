import type { HeadlinesInput } from '@pressroom/contracts';

const DEFAULT_COUNT = 5;
/** About the length of a title in search results, and two lines of a list on a phone. */
const DEFAULT_MAX_CHARACTERS = 70;

export interface HeadlinePlan {
  count: number;
  maxCharacters: number;
}

/** Number and maximum length of the headlines that an input requests. */
export const planHeadlines = (input: Pick<HeadlinesInput, 'count' | 'maxCharacters'>): HeadlinePlan => ({
  count: input.count ?? DEFAULT_COUNT,
  maxCharacters: input.maxCharacters ?? DEFAULT_MAX_CHARACTERS,
});
