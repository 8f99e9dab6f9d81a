import { ARTICLE_LIMITS, type ArticleInput } from '@pressroom/contracts';

/** Words of an article nobody gave a length: what a reader finishes in about four minutes. */
export const DEFAULT_TARGET_WORDS = 800;
const WORDS_PER_SECTION = 250;
const LEAST_WORDS_PER_SECTION = 80;
const DERIVED_SECTIONS = { min: 3, max: 8 } as const;
const LEAD = { share: 0.1, min: 60, max: 150, maxShare: 0.3 } as const;

export interface WordPlan {
  targetWords: number;
  leadWords: number;
  /** What sections have together. */
  sectionWords: number;
  sections: number;
  /** The user asked for exactly this many sections. */
  isSectionCountFixed: boolean;
}

/**
 * How many words and sections an article has before anyone has outlined it: a lead of about a tenth, and a section for
 * about every 250 words, fewer where they would become too short to say anything.
 */
export function planWords(input: Pick<ArticleInput, 'targetWords' | 'sections'>): WordPlan {
  const targetWords = input.targetWords ?? DEFAULT_TARGET_WORDS;
  const leadWords = Math.min(
    Math.round(targetWords * LEAD.maxShare),
    Math.max(LEAD.min, Math.min(LEAD.max, Math.round(targetWords * LEAD.share))),
  );
  const sectionWords = targetWords - leadWords;
  const room = Math.max(1, Math.floor(sectionWords / LEAST_WORDS_PER_SECTION));
  const derived = Math.min(
    room,
    DERIVED_SECTIONS.max,
    Math.max(DERIVED_SECTIONS.min, Math.round(targetWords / WORDS_PER_SECTION)),
  );
  return {
    targetWords,
    leadWords,
    sectionWords,
    sections: Math.min(ARTICLE_LIMITS.maxSections, input.sections ?? derived),
    isSectionCountFixed: input.sections !== undefined,
  };
}

/**
 * Scales wishes to whole numbers of at least 1 that add up to `total`, keeping their proportions as near as whole numbers
 * allow (largest remainder). Wishes that are not positive count as 1.
 * @param total at least the number of wishes
 */
export function shareWords(wishes: readonly number[], total: number): number[] {
  const weights = wishes.map((wish) => (Number.isFinite(wish) && wish > 0 ? wish : 1));
  const spare = Math.max(0, total - weights.length);
  const weight = weights.reduce((sum, each) => sum + each, 0);
  const exact = weights.map((each) => 1 + (spare * each) / weight);
  const shares = exact.map(Math.floor);
  const left = total - shares.reduce((sum, share) => sum + share, 0);
  const byRemainder = exact
    .map((value, index) => ({ index, remainder: value - Math.floor(value) }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  for (const { index } of byRemainder.slice(0, Math.max(0, left))) shares[index] = (shares[index] ?? 0) + 1;
  return shares;
}
