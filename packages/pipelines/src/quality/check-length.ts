import { countWords } from '../text/count-words.ts';
import type { CheckedDocument } from './checked-document.ts';
import { finding, type QualityFinding } from './finding.ts';

/** Accepted deviation of a word count from its target, as a share of the target. */
export const WORD_TOLERANCE = 0.15;

/** Whether a word count matches its target within {@link WORD_TOLERANCE}. */
export const isNearTarget = (words: number, target: number): boolean =>
  Math.abs(words - target) <= WORD_TOLERANCE * target;

export interface LengthCheck {
  findings: QualityFinding[];
  wordCount: number;
  /** Share of the word budgets (of the parts and of the whole) that are met. */
  share: number;
}

/** Checks the words of the whole against the target and those of each part against its budget, without headings. */
export function checkLength(document: CheckedDocument): LengthCheck {
  const counted = document.parts.map((part) => ({ ...part, count: countWords(part.markdown) }));
  const wordCount = counted.reduce((total, { count }) => total + count, 0);
  const findings: QualityFinding[] = [];
  if (!isNearTarget(wordCount, document.targetWords)) {
    const message = `${wordCount} words where ${document.targetWords} were requested`;
    findings.push(finding('WORD_COUNT_OFF', 'document', '', message));
  }
  const budgeted = counted.filter(({ words }) => words !== undefined);
  for (const { part, count, words = 0 } of budgeted) {
    if (isNearTarget(count, words)) continue;
    findings.push(finding('PART_WORD_COUNT_OFF', part, '', `${count} words where ${words} were planned`));
  }
  return { findings, wordCount, share: 1 - findings.length / (budgeted.length + 1) };
}
