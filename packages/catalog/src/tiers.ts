import { TIERS, type Quality, type Tier } from '@pressroom/contracts';

/** Ordered candidates of each tier, best first, as model refs. */
export type TierTable = Readonly<Record<Tier, readonly string[]>>;

/** Current models of two providers; prices within a tier are similar, so the order is by price, then latency. */
export const DEFAULT_TIERS: TierTable = {
  T1: ['openai/gpt-6-luna', 'anthropic/claude-haiku-5-5'],
  T2: ['openai/gpt-6.1-terra', 'anthropic/claude-sonnet-5-5'],
  T3: ['openai/gpt-6-sol', 'anthropic/claude-opus-5-5'],
};

const SHIFT: Readonly<Record<Quality, -1 | 0 | 1>> = { economy: -1, balanced: 0, premium: 1 };

/** Shifts a tier up or down, staying within T1 to T3. */
export function shiftTier(tier: Tier, by: number): Tier {
  const index = Math.min(TIERS.length - 1, Math.max(0, TIERS.indexOf(tier) + by));
  return TIERS[index] ?? tier;
}

/** The tier at a task's quality: economy one down, premium one up. */
export const tierForQuality = (tier: Tier, quality: Quality): Tier => shiftTier(tier, SHIFT[quality]);
