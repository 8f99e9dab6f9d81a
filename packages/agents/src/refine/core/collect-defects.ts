import type { ArticleCritique } from '@pressroom/contracts';
import type { QualityFinding, DocumentPart } from '@pressroom/pipelines';
import type { PromptDefect } from '../../prompts/material.ts';
import { MAX_DEFECTS } from '../../prompts/critique.ts';
import { locateQuote } from './locate-quote.ts';

/** Findings that edits cannot repair: lengths need a rewritten part, and findings about the whole have no text to quote. */
const NOT_BY_EDITS: ReadonlySet<QualityFinding['code']> = new Set([
  'WORD_COUNT_OFF',
  'PART_WORD_COUNT_OFF',
  'PART_EMPTY',
  'TITLE_MISSING',
  'HEADING_MISSING',
  'HEADING_DUPLICATED',
  'SOURCE_ORPHANED',
  'STYLE_HEADING_CASE',
  'READABILITY_OFF',
  'LANGUAGE_WRONG',
]);

/**
 * Collects the defects to repair. Findings of the quality checks come first, because they are certain. A defect of the
 * critique counts if its quote occurs in its part and overlaps no other defect's quote.
 */
export function collectDefects(
  findings: readonly QualityFinding[],
  critique: ArticleCritique['defects'],
  parts: readonly DocumentPart[],
): PromptDefect[] {
  const collected: PromptDefect[] = findings
    .filter(({ code, part }) => !NOT_BY_EDITS.has(code) && part !== 'document')
    .sort((a, b) => Number(b.severity === 'error') - Number(a.severity === 'error'))
    .map(({ kind, part, quote, message }) => ({ kind, part, quote, advice: message }));
  for (const defect of critique) {
    const part = parts.find((each) => each.part === normalisePart(defect.part));
    const quote = part && locateQuote(part.markdown, defect.quote);
    if (!part || quote === undefined) continue;
    const isKnown = collected.some(
      (known) =>
        known.part === part.part && known.quote !== '' && (known.quote.includes(quote) || quote.includes(known.quote)),
    );
    if (!isKnown) collected.push({ kind: defect.kind, part: part.part, quote, advice: defect.advice });
  }
  return collected.slice(0, MAX_DEFECTS);
}

/** Maps the names that models give a part, such as `Section 2` and `[part 2]`, to its key `2`. */
export const normalisePart = (part: string): string => /lead|\d+/.exec(part.toLowerCase())?.[0] ?? part;
