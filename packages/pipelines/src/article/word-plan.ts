import { ARTICLE_LIMITS, type ArticleInput } from '@pressroom/contracts';

/** Words of an article without a requested length: about four minutes of reading. */
export const DEFAULT_TARGET_WORDS = 800;
const WORDS_PER_SECTION = 250;
const MIN_WORDS_PER_SECTION = 80;
const DERIVED_SECTIONS = { min: 3, max: 8 } as const;
const LEAD = { share: 0.1, min: 60, max: 150, maxShare: 0.3 } as const;

export interface WordPlan {
  targetWords: number;
  leadWords: number;
  /** Words of all sections together. */
  sectionWords: number;
  sections: number;
  /** The user requested exactly this many sections. */
  isSectionCountFixed: boolean;
}

/**
 * Plans words and sections of an article before its outline exists: a lead of about a tenth, one section per 250 words or
 * so, and fewer sections where each would fall below {@link MIN_WORDS_PER_SECTION} words.
 */
export function planWords(input: Pick<ArticleInput, 'targetWords' | 'sections'>): WordPlan {
  const targetWords = input.targetWords ?? DEFAULT_TARGET_WORDS;
  const leadWords = Math.min(
    Math.round(targetWords * LEAD.maxShare),
    Math.max(LEAD.min, Math.min(LEAD.max, Math.round(targetWords * LEAD.share))),
  );
  const sectionWords = targetWords - leadWords;
  const maxSections = Math.max(1, Math.floor(sectionWords / MIN_WORDS_PER_SECTION));
  const derived = Math.min(
    maxSections,
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
 * Scales weights to whole numbers of at least 1 that add up to `total`, in proportion (largest remainder method). Weights
 * that are not positive count as 1.
 * @param total at least the number of weights
 */
export function shareWords(proportions: readonly number[], total: number): number[] {
  const weights = proportions.map((each) => (Number.isFinite(each) && each > 0 ? each : 1));
  const distributable = Math.max(0, total - weights.length);
  const totalWeight = weights.reduce((sum, each) => sum + each, 0);
  const exact = weights.map((each) => 1 + (distributable * each) / totalWeight);
  const shares = exact.map(Math.floor);
  const unassigned = total - shares.reduce((sum, share) => sum + share, 0);
  const byRemainder = exact
    .map((value, index) => ({ index, remainder: value - Math.floor(value) }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  for (const { index } of byRemainder.slice(0, Math.max(0, unassigned))) shares[index] = (shares[index] ?? 0) + 1;
  return shares;
}
