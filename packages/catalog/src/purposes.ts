import type { Tier } from '@pressroom/contracts';

/** Reasoning effort of a model. Reasoning is billed as output. */
export type Reasoning = 'off' | 'low' | 'medium';

export interface PurposePolicy {
  /** Tier at balanced quality. */
  tier: Tier;
  /** Timeout of one provider request. */
  timeoutMs: number;
  reasoning: Reasoning;
  /**
   * Whether tasks of a tenant share replies to identical requests. Only for reading, not for writing: two articles should not
   * share sentences. Default: no.
   */
  cacheable?: boolean | undefined;
}

/**
 * Policy of each purpose. Routing by purpose is more reliable than by prompt: a small model reads and transforms text, the
 * standard one writes; outline and critique are short and determine the whole article, so the large one is affordable.
 */
export const DEFAULT_PURPOSES: Readonly<Record<string, PurposePolicy>> = {
  'source-summary': { tier: 'T1', timeoutMs: 45_000, reasoning: 'off', cacheable: true },
  metadata: { tier: 'T1', timeoutMs: 30_000, reasoning: 'off' },
  format: { tier: 'T1', timeoutMs: 30_000, reasoning: 'off' },
  classify: { tier: 'T1', timeoutMs: 30_000, reasoning: 'off' },
  'research-plan': { tier: 'T2', timeoutMs: 45_000, reasoning: 'off' },
  'research-notes': { tier: 'T2', timeoutMs: 90_000, reasoning: 'off' },
  'draft-lead': { tier: 'T2', timeoutMs: 60_000, reasoning: 'off' },
  'draft-section': { tier: 'T2', timeoutMs: 120_000, reasoning: 'off' },
  adjust: { tier: 'T2', timeoutMs: 120_000, reasoning: 'off' },
  resize: { tier: 'T2', timeoutMs: 120_000, reasoning: 'off' },
  revise: { tier: 'T2', timeoutMs: 120_000, reasoning: 'off' },
  summary: { tier: 'T2', timeoutMs: 90_000, reasoning: 'off' },
  rewrite: { tier: 'T2', timeoutMs: 120_000, reasoning: 'off' },
  headlines: { tier: 'T2', timeoutMs: 45_000, reasoning: 'off' },
  'classify-again': { tier: 'T2', timeoutMs: 45_000, reasoning: 'off' },
  // Rewrites text with the findings of the quality checks.
  mend: { tier: 'T2', timeoutMs: 120_000, reasoning: 'off' },
  outline: { tier: 'T3', timeoutMs: 120_000, reasoning: 'low' },
  'content-brief': { tier: 'T3', timeoutMs: 120_000, reasoning: 'low' },
  critique: { tier: 'T3', timeoutMs: 120_000, reasoning: 'low' },
  // For evaluations; the caller requests T3, so that the same judge rates every quality.
  judge: { tier: 'T3', timeoutMs: 120_000, reasoning: 'low' },
};

/** Policy of unknown purposes: the step's own tier decides. */
export const FALLBACK_PURPOSE: Omit<PurposePolicy, 'tier'> = { timeoutMs: 90_000, reasoning: 'off' };

/**
 * Tokens added to a call's output cap for reasoning, so that it does not truncate the answer. Providers publish no bounds per
 * effort level; these are generous for short structured answers, and part of the reservation.
 */
export const REASONING_ALLOWANCE_TOKENS: Readonly<Record<Reasoning, number>> = { off: 0, low: 4_096, medium: 16_384 };
