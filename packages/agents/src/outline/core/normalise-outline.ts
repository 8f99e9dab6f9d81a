import type { ArticleOutline } from '@pressroom/contracts';
import { restyleLine, shareWords, type OutlineOutput, type StyleRule, type WordPlan } from '@pressroom/pipelines';
import { escapeMarkup } from '../../draft/core/escape-markup.ts';

/**
 * The outline as drafts rely on it: words that add up to the target with the lead, single-line texts, notes named once.
 * Title and headings are brought into the style asked for here, since no later step touches them.
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
