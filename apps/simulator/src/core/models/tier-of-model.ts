import type { Tier } from '@pressroom/contracts';

/** Maps a word of a model's name to a tier; the first rule that matches applies. */
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

/** The tier of a model; T2 for names without a rule. */
export function tierOfModel(model: string, rules: readonly TierRule[] = DEFAULT_TIER_RULES): Tier {
  const words = new Set(model.toLowerCase().split(/[^a-z0-9]+/));
  return (
    rules.find(({ word }) => word.toLowerCase() === model.toLowerCase() || words.has(word.toLowerCase()))?.tier ?? 'T2'
  );
}
