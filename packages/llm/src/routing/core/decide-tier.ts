import { FALLBACK_PURPOSE, tierForQuality, type Catalog, type PurposePolicy, type Reasoning } from '@pressroom/catalog';
import type { Quality, Tier } from '@pressroom/contracts';

export interface TierDecision {
  tier: Tier;
  /** The rule that decided: the call's own tier, the purpose table shifted by quality, or the step's tier. */
  rule: 'call' | 'purpose' | 'step';
  timeoutMs: number;
  reasoning: Reasoning;
}

/** Decides the tier, timeout and reasoning effort of a call. Pure. */
export function decideTier(
  call: { purpose: string; tier?: Tier },
  scope: { quality: Quality; stepTier: Tier },
  catalog: Pick<Catalog, 'purpose'>,
): TierDecision {
  const policy: PurposePolicy | undefined = catalog.purpose(call.purpose);
  const { timeoutMs, reasoning } = policy ?? FALLBACK_PURPOSE;
  if (call.tier !== undefined) return { tier: call.tier, rule: 'call', timeoutMs, reasoning };
  if (policy) return { tier: tierForQuality(policy.tier, scope.quality), rule: 'purpose', timeoutMs, reasoning };
  return { tier: scope.stepTier, rule: 'step', timeoutMs, reasoning };
}
