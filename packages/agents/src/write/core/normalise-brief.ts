import type { BriefInput, ContentBrief } from '@pressroom/contracts';
import { deriveStyleRules, type BriefOutput, type WordPlan } from '@pressroom/pipelines';
import { normaliseOutline } from '../../outline/core/normalise-outline.ts';
import { MAX_SEARCH_TERMS } from '../../prompts/content-brief.ts';

/** Normalises a brief: words add up to the target, texts are single lines, lists have no duplicates. */
export function normaliseBrief(brief: ContentBrief, input: BriefInput, plan: WordPlan): Omit<BriefOutput, 'rounds'> {
  const { title, sections } = normaliseOutline(brief, plan, deriveStyleRules(input));
  const readers = singleLine(brief.readers);
  return {
    title,
    angle: singleLine(brief.angle),
    audience: readers === '' ? (input.audience ?? '') : readers,
    sections,
    keywords: distinct(brief.searchTerms).slice(0, MAX_SEARCH_TERMS),
    risks: distinct(brief.risks),
  };
}

const singleLine = (text: string): string => text.replace(/\s+/g, ' ').trim();
const distinct = (lines: readonly string[]): string[] =>
  [...new Set(lines.map(singleLine))].filter((line) => line !== '');
