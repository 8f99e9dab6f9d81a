import type { Tier } from '@pressroom/contracts';

/** Rates by defect name, from 0 to 1; absent means 0. */
export type DefectRates = Readonly<Record<string, number>>;

export interface TierRates {
  /** For purposes in `complexPurposes`. */
  complex: DefectRates;
  /** For all other purposes, where a small model is nearly as good as a standard one. */
  simple: DefectRates;
}

export interface DefectTable {
  complexPurposes: readonly string[];
  tiers: Readonly<Record<Tier, TierRates>>;
}

/**
 * Defect rates of the tiers. The figures are the simulator's own choice, not measurements of any model: they give routing,
 * validation and escalation realistic decisions. Refusals occur only when a fault script requests them, because a refusal
 * ends a call permanently.
 */
export const DEFAULT_DEFECT_TABLE: DefectTable = {
  complexPurposes: ['article_outline', 'article_part', 'article_critique', 'article_patch', 'text'],
  tiers: {
    T1: {
      complex: {
        droppedFacts: 0.25,
        missingCitations: 0.2,
        badJson: 0.08,
        inventedSentence: 0.12,
        overlong: 0.1,
        lostDetail: 0.35,
        vagueHeadings: 0.35,
        repeatedText: 0.04,
        wrongLanguage: 0.01,
        promptLeak: 0.01,
        truncated: 0.01,
        refusal: 0,
      },
      simple: { droppedFacts: 0.06, missingCitations: 0.04, badJson: 0.015, truncated: 0.004, refusal: 0 },
    },
    T2: {
      complex: {
        droppedFacts: 0.05,
        missingCitations: 0.03,
        badJson: 0.01,
        inventedSentence: 0.01,
        overlong: 0.02,
        lostDetail: 0.1,
        vagueHeadings: 0.25,
        repeatedText: 0.005,
        wrongLanguage: 0.001,
        promptLeak: 0.001,
        truncated: 0.002,
        refusal: 0,
      },
      simple: { droppedFacts: 0.04, missingCitations: 0.02, badJson: 0.005, truncated: 0.001, refusal: 0 },
    },
    T3: {
      complex: {
        droppedFacts: 0.01,
        missingCitations: 0.005,
        badJson: 0.002,
        inventedSentence: 0.002,
        overlong: 0.005,
        lostDetail: 0.01,
        vagueHeadings: 0.01,
        repeatedText: 0.001,
        wrongLanguage: 0.0002,
        promptLeak: 0.0002,
        truncated: 0.0005,
        refusal: 0,
      },
      simple: { droppedFacts: 0.01, missingCitations: 0.005, badJson: 0.001, truncated: 0.0002, refusal: 0 },
    },
  },
};

/** A table without defects. */
export const NO_DEFECTS: DefectTable = {
  complexPurposes: [],
  tiers: { T1: { complex: {}, simple: {} }, T2: { complex: {}, simple: {} }, T3: { complex: {}, simple: {} } },
};

export function ratesFor(table: DefectTable, tier: Tier, purpose: string): DefectRates {
  const { complex, simple } = table.tiers[tier];
  return table.complexPurposes.includes(purpose) ? complex : simple;
}
