import { checkStyle } from '../style/check-style.ts';
import { checkCitations } from './check-citations.ts';
import { checkLength } from './check-length.ts';
import { checkSentences } from './check-sentences.ts';
import { checkStructure } from './check-structure.ts';
import type { CheckedDocument } from './checked-document.ts';
import type { QualityFinding } from './finding.ts';
import type { SourceIndex } from './source-index.ts';

export interface QualityReport {
  /** Grouped by check: structure, length, citations, sentences, style. */
  findings: QualityFinding[];
  /** Number of findings of severity `error`; the document passes when it is 0. */
  errors: number;
  /** Mean of the shares below, 0 to 1. */
  score: number;
  shares: {
    structure: number;
    length: number;
    cited: number;
    resolved: number;
    supported: number;
    /** Undefined without style rules. */
    style?: number;
  };
  wordCount: number;
}

/**
 * Checks a document without a model: structure, length, citations, grounding of each sentence in its sources, and the style
 * rules of task and tenant. Deterministic.
 */
export function checkQuality(document: CheckedDocument, sources: SourceIndex): QualityReport {
  const structure = checkStructure(document);
  const length = checkLength(document);
  const citations = checkCitations(document, new Set(sources.bySource.keys()));
  const sentences = checkSentences(document, sources);
  const style = checkStyle(document, document.style ?? []);
  const findings = [...structure, ...length.findings, ...citations.findings, ...sentences.findings, ...style.findings];
  const shares = {
    structure: Math.max(0, 1 - structure.length / (document.parts.length + 1)),
    length: length.share,
    cited: citations.citedShare,
    resolved: citations.resolvedShare,
    supported: sentences.supportedShare,
    ...((document.style?.length ?? 0) > 0 && { style: style.share }),
  };
  const values = Object.values(shares);
  return {
    findings,
    errors: findings.filter(({ severity }) => severity === 'error').length,
    score: values.reduce((total, share) => total + share, 0) / values.length,
    shares,
    wordCount: length.wordCount,
  };
}
