import type { RewriteInput } from '@pressroom/contracts';
import { compareFacts } from '../quality/compare-facts.ts';
import { isNearTarget } from '../quality/check-length.ts';
import { finding, type QualityFinding } from '../quality/finding.ts';
import { checkStyle } from '../style/check-style.ts';
import type { StyleRule } from '../style/style-rule.ts';
import { styleRulesOf } from '../style/style-rules-of.ts';
import { countWords } from '../text/count-words.ts';

/** A text that may become shorter than this share of the original has no room for every fact of it. */
const KEEPS_ALL_FROM = 0.85;

/** Must a rewriting of this length keep every figure and name? Otherwise it may leave out, never add. */
export const mustKeepEveryFact = (originalWords: number, targetWords: number | undefined): boolean =>
  targetWords === undefined || targetWords >= originalWords * KEEPS_ALL_FROM;

/** A piece need not hold what the whole must. */
const OF_THE_WHOLE: ReadonlySet<StyleRule['kind']> = new Set(['keyword', 'reading-grade']);

/** The one part a rewriting has. */
const TEXT = '1';

/**
 * What a rewriting owes: no figure or name that the original has not, none lost unless it had to become much shorter, its
 * length, its language, the style asked for.
 */
export function checkRewrite(
  input: RewriteInput,
  output: { title: string; markdown: string },
  options: {
    /** Words due; those of the input unless said otherwise. */
    targetWords?: number | undefined;
    /** Further text whose figures and names may be used. */
    known?: string;
    /** It is a piece of a longer text: keywords and readers are the whole's business. */
    isPiece?: boolean;
  } = {},
): QualityFinding[] {
  const { title, markdown } = output;
  const targetWords = options.targetWords ?? input.targetWords;
  const findings: QualityFinding[] = [];
  const words = countWords(markdown);
  if (words === 0) return [finding('PART_EMPTY', TEXT, '', 'nothing is written here')];
  if (targetWords !== undefined && !isNearTarget(words, targetWords)) {
    findings.push(finding('WORD_COUNT_OFF', TEXT, '', `${words} words where ${targetWords} were asked for`));
  }
  const given = [input.text, input.title ?? '', input.instructions ?? '', options.known ?? ''].join('\n\n');
  const told = `${title}\n\n${markdown}`;
  const lost = compareFacts(input.text, told).missing;
  const { invented } = compareFacts(given, told);
  if (lost.length > 0 && mustKeepEveryFact(countWords(input.text), targetWords)) {
    findings.push(finding('FACT_LOST', TEXT, '', `the text no longer states ${lost.join(', ')}`));
  }
  if (invented.length > 0) {
    findings.push(finding('FACT_UNSUPPORTED', TEXT, '', `the original does not state ${invented.join(', ')}`));
  }
  const rules = styleRulesOf(input).filter(({ kind }) => options.isPiece !== true || !OF_THE_WHOLE.has(kind));
  const style = checkStyle({ title, parts: [{ part: TEXT, heading: '', markdown }] }, rules);
  return [...findings, ...style.findings];
}
