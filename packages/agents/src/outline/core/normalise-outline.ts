import type { ArticleOutline } from '@pressroom/contracts';
import { shareWords, type OutlineOutput, type WordPlan } from '@pressroom/pipelines';

/** The outline as drafts rely on it: words that add up to the target with the lead, single-line texts, notes named once. */
export function normaliseOutline(outline: ArticleOutline, plan: WordPlan): OutlineOutput {
  const words = shareWords(
    outline.sections.map((section) => section.words),
    plan.sectionWords,
  );
  return {
    title: singleLine(outline.title),
    leadWords: plan.leadWords,
    sections: outline.sections.map((section, index) => ({
      heading: singleLine(section.heading).replace(/^#+\s*/, ''),
      purpose: singleLine(section.purpose),
      points: section.points.map(singleLine).filter((point) => point !== ''),
      noteIds: [...new Set(section.noteIds)],
      words: words[index] ?? 1,
    })),
  };
}

const singleLine = (text: string): string => text.replace(/\s+/g, ' ').trim();
