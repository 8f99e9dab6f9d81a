import type { Tier } from '@pressroom/contracts';

/** Which tier a model plays, by a word of its name; the first rule that matches decides. */
export interface TierRule {
  /** A whole word of the name, as in `gpt-6-luna`, or the whole name. */
  word: string;
  tier: Tier;
}

export const DEFAULT_TIER_RULES: readonly TierRule[] = [
  ...['luna', 'nano', 'mini', 'haiku', 'flash', 'lite'].map((word): TierRule => ({ word, tier: 'T1' })),
  ...['terra', 'sonnet'].map((word): TierRule => ({ word, tier: 'T2' })),
  ...['sol', 'opus', 'pro', 'astra', 'fable', 'mythos'].map((word): TierRule => ({ word, tier: 'T3' })),
];

/** The tier a model plays; a name that no rule knows is T2. */
export function tierOfModel(model: string, rules: readonly TierRule[] = DEFAULT_TIER_RULES): Tier {
  const words = new Set(model.toLowerCase().split(/[^a-z0-9]+/));
  return (
    rules.find(({ word }) => word.toLowerCase() === model.toLowerCase() || words.has(word.toLowerCase()))?.tier ?? 'T2'
  );
}
