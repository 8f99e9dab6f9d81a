import type { ArticleOutline } from '@pressroom/contracts';
import { restyleLine, shareWords, type OutlineOutput, type StyleRule, type WordPlan } from '@pressroom/pipelines';
import { escapeMarkup } from '../../draft/core/escape-markup.ts';

/**
 * Normalises an outline for the drafts: words of lead and sections add up to the target, texts are single lines, notes are
 * distinct. Applies the style rules to title and headings, which no later step changes.
 */
export function normaliseOutline(
  outline: ArticleOutline,
  plan: WordPlan,
  rules: readonly StyleRule[] = [],
): OutlineOutput {
  const words = shareWords(
    outline.sections.map((section) => section.words),
    plan.sectionWords,
  );
  return {
    title: restyleLine(singleLine(outline.title), rules),
    leadWords: plan.leadWords,
    sections: outline.sections.map((section, index) => ({
      heading: restyleLine(singleLine(section.heading).replace(/^#+\s*/, ''), rules),
      purpose: singleLine(section.purpose),
      points: section.points.map(singleLine).filter((point) => point !== ''),
      noteIds: [...new Set(section.noteIds)],
      words: words[index] ?? 1,
    })),
  };
}

const singleLine = (text: string): string => escapeMarkup(text).replace(/\s+/g, ' ').trim();
