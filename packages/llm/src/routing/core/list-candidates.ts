import type { Catalog, Model } from '@pressroom/catalog';
import { TIERS, type Tier } from '@pressroom/contracts';

export interface Candidate {
  model: Model;
  tier: Tier;
  /** Of a lower tier than requested. */
  degraded: boolean;
}

export interface CandidateQuery {
  tier: Tier;
  atMs: number;
  /** Include lower tiers; an escalated call does not. */
  mayDegrade: boolean;
  isConfigured: (model: Model) => boolean;
  fits: (model: Model) => boolean;
}

export type CandidateList =
  | { outcome: 'candidates'; candidates: Candidate[] }
  /** Models are configured, but none has enough context for the prompt and the reply. */
  | { outcome: 'too_long' }
  | { outcome: 'none' };

/**
 * Lists every model that could answer, in order of preference: the tier's own, then lower tiers. Higher tiers follow only
 * when none of these is configured, nearest first, so that an installation with one model serves every call.
 */
export function listCandidates(query: CandidateQuery, catalog: Pick<Catalog, 'candidates'>): CandidateList {
  const rank = TIERS.indexOf(query.tier);
  const down = query.mayDegrade ? TIERS.slice(0, rank).reverse() : [];
  const ofTier = (tier: Tier): Candidate[] =>
    catalog
      .candidates(tier, query.atMs)
      .filter(query.isConfigured)
      .map((model) => ({ model, tier, degraded: TIERS.indexOf(tier) < rank }));

  const preferred = [query.tier, ...down].flatMap(ofTier);
  const configured = preferred.length > 0 || !query.mayDegrade ? preferred : TIERS.slice(rank + 1).flatMap(ofTier);
  if (configured.length === 0) return { outcome: 'none' };

  const seen = new Set<string>();
  const candidates = configured.filter(({ model }) => {
    if (seen.has(model.ref) || !query.fits(model)) return false;
    seen.add(model.ref);
    return true;
  });
  return candidates.length > 0 ? { outcome: 'candidates', candidates } : { outcome: 'too_long' };
}
