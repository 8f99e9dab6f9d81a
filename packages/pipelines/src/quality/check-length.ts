import { countWords } from '../text/count-words.ts';
import type { CheckedDocument } from './checked-document.ts';
import { finding, type QualityFinding } from './finding.ts';

/** How far a count of words may lie from what was asked for, as a share of it. */
export const WORD_TOLERANCE = 0.15;

/** Is this many words what was asked for, within {@link WORD_TOLERANCE}? */
export const isNearTarget = (words: number, target: number): boolean =>
  Math.abs(words - target) <= WORD_TOLERANCE * target;

export interface LengthCheck {
  findings: QualityFinding[];
  wordCount: number;
  /** Share of what has a budget (parts and whole) that keeps it. */
  share: number;
}

/** Words of the whole against the target, and of each part against its budget. Headings count as no words. */
export function checkLength(document: CheckedDocument): LengthCheck {
  const counted = document.parts.map((part) => ({ ...part, count: countWords(part.markdown) }));
  const wordCount = counted.reduce((total, { count }) => total + count, 0);
  const findings: QualityFinding[] = [];
  if (!isNearTarget(wordCount, document.targetWords)) {
    const message = `${wordCount} words where ${document.targetWords} were asked for`;
    findings.push(finding('WORD_COUNT_OFF', 'document', '', message));
  }
  const budgeted = counted.filter(({ words }) => words !== undefined);
  for (const { part, count, words = 0 } of budgeted) {
    if (isNearTarget(count, words)) continue;
    findings.push(finding('PART_WORD_COUNT_OFF', part, '', `${count} words where ${words} are due`));
  }
  return { findings, wordCount, share: 1 - findings.length / (budgeted.length + 1) };
}
