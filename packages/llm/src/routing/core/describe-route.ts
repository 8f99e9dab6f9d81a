import { TIERS, type Tier } from '@pressroom/contracts';
import type { Candidate } from './list-candidates.ts';

/**
 * Describes for the ledger why this model was chosen: `preferred`, or the reason for another one. Pure.
 *
 * @param input.after code of the preceding failure, if any
 */
export function describeRoute(input: {
  chosen: Candidate;
  requestedTier: Tier;
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
  if (TIERS.indexOf(chosen.tier) > TIERS.indexOf(input.requestedTier))
    return 'stand-in: no smaller model is configured';
  return input.isFirstChoice ? 'preferred' : `fallback${because}`;
}
