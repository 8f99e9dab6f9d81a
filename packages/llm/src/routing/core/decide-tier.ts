import { FALLBACK_PURPOSE, tierForQuality, type Catalog, type PurposePolicy, type Reasoning } from '@pressroom/catalog';
import type { Quality, Tier } from '@pressroom/contracts';

export interface TierDecision {
  tier: Tier;
  /** Which rule decided: the call named it, the purpose table shifted by quality, or the step's own tier. */
  rule: 'call' | 'purpose' | 'step';
  timeoutMs: number;
  reasoning: Reasoning;
}

/** The tier a call asks for, and how long and how hard the model may think. Pure. */
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
