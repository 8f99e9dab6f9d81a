import type { DEFECT_KINDS } from '@pressroom/contracts';

/** Codes of quality findings, with severity and kind of defect. */
export const FINDINGS = {
  TITLE_MISSING: { severity: 'error', kind: 'clarity' },
  HEADING_MISSING: { severity: 'error', kind: 'clarity' },
  HEADING_DUPLICATED: { severity: 'error', kind: 'repetition' },
  PART_EMPTY: { severity: 'error', kind: 'length' },
  WORD_COUNT_OFF: { severity: 'error', kind: 'length' },
  PART_WORD_COUNT_OFF: { severity: 'warning', kind: 'length' },
  SECTION_UNCITED: { severity: 'error', kind: 'missing_citation' },
  CITATION_UNRESOLVED: { severity: 'error', kind: 'wrong_citation' },
  /** Another source than the cited one supports the sentence. */
  CITATION_WRONG: { severity: 'error', kind: 'wrong_citation' },
  /** The sentence is supported except for a figure or name. */
  FACT_UNSUPPORTED: { severity: 'error', kind: 'wrong_fact' },
  /** The cited source does not support the sentence. */
  SENTENCE_UNSUPPORTED: { severity: 'error', kind: 'unsupported' },
  /** Uncited, unsupported by any source, and states figures or names. */
  SENTENCE_UNSOURCED: { severity: 'error', kind: 'unsupported' },
  /** Uncited and unsupported by any source, but without figures or names. */
  SENTENCE_UNGROUNDED: { severity: 'warning', kind: 'unsupported' },
  SENTENCE_REPEATED: { severity: 'warning', kind: 'repetition' },
  SOURCE_ORPHANED: { severity: 'warning', kind: 'missing_citation' },
  /** A word or phrase that the style guide bans. */
  STYLE_PHRASE: { severity: 'error', kind: 'style' },
  STYLE_SPELLING: { severity: 'error', kind: 'style' },
  STYLE_MARK: { severity: 'error', kind: 'style' },
  STYLE_SENTENCE_LENGTH: { severity: 'warning', kind: 'style' },
  STYLE_PERSON: { severity: 'warning', kind: 'style' },
  STYLE_CONTRACTION: { severity: 'warning', kind: 'style' },
  STYLE_SERIAL_COMMA: { severity: 'warning', kind: 'style' },
  STYLE_HEADING_CASE: { severity: 'warning', kind: 'style' },
  KEYWORD_MISSING: { severity: 'warning', kind: 'style' },
  LANGUAGE_WRONG: { severity: 'error', kind: 'clarity' },
  /** The rewrite omits a figure or name of the original. */
  FACT_LOST: { severity: 'error', kind: 'wrong_fact' },
  VARIANT_TOO_LONG: { severity: 'error', kind: 'length' },
  VARIANT_REPEATED: { severity: 'error', kind: 'repetition' },
  VARIANTS_MISSING: { severity: 'error', kind: 'length' },
  /** Too hard to read for its audience. */
  READABILITY_OFF: { severity: 'warning', kind: 'style' },
} as const satisfies Record<string, { severity: 'error' | 'warning'; kind: (typeof DEFECT_KINDS)[number] }>;

export type FindingCode = keyof typeof FINDINGS;

export interface QualityFinding {
  code: FindingCode;
  severity: 'error' | 'warning';
  kind: (typeof DEFECT_KINDS)[number];
  /** `lead`, a section's number, or `document`. */
  part: string;
  /** The exact faulty text of the part; empty when the finding is about the whole part or document. */
  quote: string;
  message: string;
}

export function finding(code: FindingCode, part: string, quote: string, message: string): QualityFinding {
  return { code, ...FINDINGS[code], part, quote, message };
}
