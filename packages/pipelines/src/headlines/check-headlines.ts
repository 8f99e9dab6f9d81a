import type { HeadlinesInput } from '@pressroom/contracts';
import { figuresNotIn, readFacts, type TextFacts } from '../quality/compare-facts.ts';
import { finding, type QualityFinding } from '../quality/finding.ts';
import { checkStyle } from '../style/check-style.ts';
import type { StyleRule } from '../style/style-rule.ts';
import { deriveStyleRules } from '../style/derive-style-rules.ts';
import { plainText } from '../text/plain-text.ts';
import { contentStems, words } from '../text/tokens.ts';
import { planHeadlines } from './headline-plan.ts';

export interface Headline {
  text: string;
  angle: string;
}

export interface HeadlineCheck {
  /** Usable headlines, tidied, in order, at most the requested number. */
  usable: Headline[];
  /** Faults of the other headlines (`quote` is the headline) and the number of missing ones. */
  findings: QualityFinding[];
}

/** Rules that apply to headlines; the others are about sentences and whole texts. */
const HEADLINE_RULES: ReadonlySet<StyleRule['kind']> = new Set([
  'avoid',
  'spelling',
  'mark',
  'person',
  'contractions',
  'heading-case',
]);
/** Headlines that share at least this much of their content words are duplicates. */
const SAME_SHARE = 0.8;

/**
 * Sorts variants into usable ones and findings: too long, a duplicate of an earlier one, a figure that the text does not
 * state, a violation of a style rule. Of two duplicates the first is usable.
 */
export function checkHeadlines(input: HeadlinesInput, headlines: readonly Headline[]): HeadlineCheck {
  const { count, maxCharacters } = planHeadlines(input);
  const rules = deriveStyleRules(input).filter(({ kind }) => HEADLINE_RULES.has(kind));
  const given = readFacts([input.topic ?? '', input.text ?? ''].join('\n'));
  const usable: Headline[] = [];
  const findings: QualityFinding[] = [];
  for (const [index, raw] of headlines.entries()) {
    const headline = { text: tidyHeadline(raw.text), angle: raw.angle.replace(/\s+/g, ' ').trim() };
    if (headline.text === '' || usable.length === count) continue;
    const found = findFault(headline.text, String(index + 1), { usable, maxCharacters, rules, given });
    if (found) findings.push(found);
    else usable.push(headline);
  }
  if (usable.length < count) {
    const message = `${usable.length} of ${count} headlines can be used`;
    findings.push(finding('VARIANTS_MISSING', 'document', '', message));
  }
  return { usable, findings };
}

function findFault(
  text: string,
  part: string,
  against: { usable: readonly Headline[]; maxCharacters: number; rules: readonly StyleRule[]; given: TextFacts },
): QualityFinding | undefined {
  const characters = countCharacters(text);
  if (characters > against.maxCharacters) {
    const message = `it has ${characters} characters and may have ${against.maxCharacters}`;
    return finding('VARIANT_TOO_LONG', part, text, message);
  }
  const same = against.usable.find((other) => areDuplicates(other.text, text));
  if (same) return finding('VARIANT_REPEATED', part, text, `it repeats "${same.text}".`);
  const figures = figuresNotIn(readFacts(text), against.given);
  if (figures.length > 0)
    return finding('FACT_UNSUPPORTED', part, text, `the given text does not state ${figures.join(', ')}`);
  const [style] = checkStyle({ title: text, parts: [{ part, heading: text, markdown: '' }] }, against.rules).findings;
  return style && { ...style, part, quote: text };
}

/** One line without Markdown, numbering, enclosing quotation marks or a final full stop. */
export const tidyHeadline = (text: string): string =>
  plainText(text.replace(/\s+/g, ' ').trim())
    .replace(/^["“„«](.*)["”“»]$/u, '$1')
    .replace(/(?<![.…])\.$/, '')
    .trim();

/** Number of Unicode characters. */
export const countCharacters = (text: string): number => Array.from(text).length;

function areDuplicates(one: string, other: string): boolean {
  const normal = (text: string): string => words(text).join(' ');
  if (normal(one) === normal(other)) return true;
  const [first, second] = [contentStems(one), contentStems(other)];
  const figures = (text: string): string => (text.match(/\d+/g) ?? []).join(' ');
  if (Math.min(first.size, second.size) < 3 || figures(one) !== figures(other)) return false;
  const shared = [...first].filter((stem) => second.has(stem)).length;
  return shared / new Set([...first, ...second]).size >= SAME_SHARE;
}
