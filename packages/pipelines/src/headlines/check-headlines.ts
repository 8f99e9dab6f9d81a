import type { HeadlinesInput } from '@pressroom/contracts';
import { compareFacts } from '../quality/compare-facts.ts';
import { finding, type QualityFinding } from '../quality/finding.ts';
import { checkStyle } from '../style/check-style.ts';
import type { StyleRule } from '../style/style-rule.ts';
import { styleRulesOf } from '../style/style-rules-of.ts';
import { plainText } from '../text/plain-text.ts';
import { contentStems, words } from '../text/tokens.ts';
import { planHeadlines } from './headline-plan.ts';

export interface Headline {
  text: string;
  angle: string;
}

export interface HeadlineCheck {
  /** Those that can be used, tidied, in order, at most as many as were asked for. */
  usable: Headline[];
  /** What is wrong with the others, `quote` naming the headline, and how many are still missing. */
  findings: QualityFinding[];
}

/** Rules about sentences and whole texts say nothing about a headline. */
const APPLIES: ReadonlySet<StyleRule['kind']> = new Set([
  'avoid',
  'spelling',
  'mark',
  'person',
  'contractions',
  'heading-case',
]);
/** Two headlines of which one has so much of the other's words are one. */
const SAME_SHARE = 0.8;

/**
 * Sorts variants into usable ones and findings: too long, a repetition of one before, a figure that the text does not
 * state, a breach of style. Order decides which of two alike is kept.
 */
export function checkHeadlines(input: HeadlinesInput, headlines: readonly Headline[]): HeadlineCheck {
  const { count, maxCharacters } = planHeadlines(input);
  const rules = styleRulesOf(input).filter(({ kind }) => APPLIES.has(kind));
  const given = [input.topic ?? '', input.text ?? ''].join('\n');
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
  against: { usable: readonly Headline[]; maxCharacters: number; rules: readonly StyleRule[]; given: string },
): QualityFinding | undefined {
  const characters = countCharacters(text);
  if (characters > against.maxCharacters) {
    const message = `it has ${characters} characters and may have ${against.maxCharacters}`;
    return finding('VARIANT_TOO_LONG', part, text, message);
  }
  const same = against.usable.find((other) => areAlike(other.text, text));
  if (same) return finding('VARIANT_REPEATED', part, text, `it repeats "${same.text}".`);
  const { invented } = compareFacts(against.given, text);
  const figures = invented.filter((fact) => /\d/.test(fact));
  if (figures.length > 0) return finding('FACT_UNSUPPORTED', part, text, `nothing given states ${figures.join(', ')}`);
  const [style] = checkStyle({ title: text, parts: [{ part, heading: text, markdown: '' }] }, against.rules).findings;
  return style && { ...style, part, quote: text };
}

/** One line without Markdown, numbering, quotation marks around it or a full stop at its end. */
export const tidyHeadline = (text: string): string =>
  plainText(text.replace(/\s+/g, ' ').trim())
    .replace(/^["“„«](.*)["”“»]$/u, '$1')
    .replace(/(?<![.…])\.$/, '')
    .trim();

/** Characters as readers count them. */
export const countCharacters = (text: string): number => Array.from(text).length;

function areAlike(one: string, other: string): boolean {
  const normal = (text: string): string => words(text).join(' ');
  if (normal(one) === normal(other)) return true;
  const [first, second] = [contentStems(one), contentStems(other)];
  const figures = (text: string): string => (text.match(/\d+/g) ?? []).join(' ');
  if (Math.min(first.size, second.size) < 3 || figures(one) !== figures(other)) return false;
  const shared = [...first].filter((stem) => second.has(stem)).length;
  return shared / new Set([...first, ...second]).size >= SAME_SHARE;
}
