import { TIERS, type Tier } from '@pressroom/contracts';
import type { Candidate } from './list-candidates.ts';

/**
 * Why this model got this request, for the ledger: `preferred`, or what made it another. Pure.
 *
 * @param input.after code of what went wrong before, if anything did
 */
export function describeRoute(input: {
  chosen: Candidate;
  askedTier: Tier;
  isFirstChoice: boolean;
  isRepeat: boolean;
  isEscalated: boolean;
  after: string | undefined;
}): string {
  const { chosen } = input;
  const because = input.after === undefined ? '' : ` after ${input.after}`;
  if (input.isEscalated) return `escalated${because}`;
  if (input.isRepeat) return `retry${because}`;
  if (chosen.degraded) return `degraded${because || ': the tier has no usable model'}`;
  if (TIERS.indexOf(chosen.tier) > TIERS.indexOf(input.askedTier)) return 'stand-in: no smaller model is configured';
  return input.isFirstChoice ? 'preferred' : `fallback${because}`;
}
