import type { RewriteInput } from '@pressroom/contracts';
import { factsNotIn, readFacts, type TextFacts } from '../quality/compare-facts.ts';
import { isNearTarget } from '../quality/check-length.ts';
import { finding, type QualityFinding } from '../quality/finding.ts';
import { checkStyle } from '../style/check-style.ts';
import type { StyleRule } from '../style/style-rule.ts';
import { deriveStyleRules } from '../style/derive-style-rules.ts';
import { countWords } from '../text/count-words.ts';

/** A target below this share of the original's length leaves no room for all of its facts. */
const ALL_FACTS_MIN_SHARE = 0.85;

/** Whether a rewrite of this length must keep every figure and name; otherwise it may omit some, but never add any. */
export const mustKeepEveryFact = (originalWords: number, targetWords: number | undefined): boolean =>
  targetWords === undefined || targetWords >= originalWords * ALL_FACTS_MIN_SHARE;

/** Rules that apply only to a whole text, not to a piece of it. */
const WHOLE_TEXT_RULES: ReadonlySet<StyleRule['kind']> = new Set(['keyword', 'reading-grade']);

/** The figures and names that a rewrite may state: those of the text, its title and the instructions. */
export const givenFacts = (input: Pick<RewriteInput, 'text' | 'title' | 'instructions'>): TextFacts =>
  readFacts([input.text, input.title ?? '', input.instructions ?? ''].join('\n\n'));

/** The only part of a rewrite. */
const TEXT = '1';

/**
 * Checks a rewrite: no figure or name added, none omitted unless the target is much shorter, and length, language and style
 * as requested.
 */
export function checkRewrite(
  input: RewriteInput,
  output: { title: string; markdown: string },
  options: {
    /** Target length; defaults to the input's. */
    targetWords?: number | undefined;
    /** Facts that the rewrite may state; defaults to {@link givenFacts} of the input. */
    given?: TextFacts;
    /** The output is a piece of a longer text, so rules of the whole text do not apply. */
    isPiece?: boolean;
    /** Skips the comparison of facts, the costly part for a long text. */
    skipFacts?: boolean;
  } = {},
): QualityFinding[] {
  const { title, markdown } = output;
  const targetWords = options.targetWords ?? input.targetWords;
  const findings: QualityFinding[] = [];
  const words = countWords(markdown);
  if (words === 0) return [finding('PART_EMPTY', TEXT, '', 'the part has no text')];
  if (targetWords !== undefined && !isNearTarget(words, targetWords)) {
    findings.push(finding('WORD_COUNT_OFF', TEXT, '', `${words} words where ${targetWords} were requested`));
  }
  if (options.skipFacts !== true) {
    const rewritten = readFacts(`${title}\n\n${markdown}`);
    const lost = factsNotIn(readFacts(input.text), rewritten);
    const invented = factsNotIn(rewritten, options.given ?? givenFacts(input));
    if (lost.length > 0 && mustKeepEveryFact(countWords(input.text), targetWords)) {
      findings.push(finding('FACT_LOST', TEXT, '', `the text no longer states ${lost.join(', ')}`));
    }
    if (invented.length > 0) {
      findings.push(finding('FACT_UNSUPPORTED', TEXT, '', `the original does not state ${invented.join(', ')}`));
    }
  }
  const rules = deriveStyleRules(input).filter(({ kind }) => options.isPiece !== true || !WHOLE_TEXT_RULES.has(kind));
  const style = checkStyle({ title, parts: [{ part: TEXT, heading: '', markdown }] }, rules);
  return [...findings, ...style.findings];
}
