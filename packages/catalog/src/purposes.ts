import type { Tier } from '@pressroom/contracts';

/** How much a reasoning model may think before it answers. Thinking is billed as output. */
export type Reasoning = 'off' | 'low' | 'medium';

export interface PurposePolicy {
  /** Tier at balanced quality. */
  tier: Tier;
  /** Limit of one provider request. */
  timeoutMs: number;
  reasoning: Reasoning;
  /**
   * May tasks of a tenant share replies to the very same request? For work that reads and does not write: two articles
   * should not share a sentence. Default: no.
   */
  cacheable?: boolean | undefined;
}

/**
 * What each purpose needs. Knowing the purpose beats guessing from the prompt: reading and reshaping text is a small
 * model's work; writing wants the standard one; the outline and the critique decide the whole article and are short,
 * so the large one is cheap there.
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
  // A text written again without what the quality contract found.
  mend: { tier: 'T2', timeoutMs: 120_000, reasoning: 'off' },
  outline: { tier: 'T3', timeoutMs: 120_000, reasoning: 'low' },
  'content-brief': { tier: 'T3', timeoutMs: 120_000, reasoning: 'low' },
  critique: { tier: 'T3', timeoutMs: 120_000, reasoning: 'low' },
  // For evaluations; the caller asks for T3 itself, so that one judge judges every quality.
  judge: { tier: 'T3', timeoutMs: 120_000, reasoning: 'low' },
};

/** For a purpose that is in no table: the step's own tier decides. */
export const FALLBACK_PURPOSE: Omit<PurposePolicy, 'tier'> = { timeoutMs: 90_000, reasoning: 'off' };

/**
 * Tokens added to a call's output cap for thinking, so that thought does not cut the answer short. Providers publish no
 * bound per effort level; these are generous for short structured answers, and part of the reservation.
 */
export const REASONING_ALLOWANCE_TOKENS: Readonly<Record<Reasoning, number>> = { off: 0, low: 4_096, medium: 16_384 };
