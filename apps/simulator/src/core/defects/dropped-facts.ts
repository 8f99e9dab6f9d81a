import type { ArticleCritique, ArticleOutline, ResearchNotes, SourceSummary } from '@pressroom/contracts';
import type { DefectContext, ReplyDefect } from './reply-defect.ts';

/** Omits facts: each with the rate's probability, but never all of them. */
export const droppedFacts: ReplyDefect = {
  name: 'droppedFacts',
  onMaterial(prompt, context) {
    if (context.purpose !== 'article_part' && context.purpose !== 'text') return prompt;
    const wanted = new Set(prompt.section?.noteIds ?? []);
    const relevant = prompt.notes.filter((note) => wanted.size === 0 || wanted.has(note.id));
    const kept = new Set(keep(relevant, context));
    const notes = prompt.notes.filter((note) => kept.has(note) || (wanted.size > 0 && !wanted.has(note.id)));
    const section = prompt.section && {
      ...prompt.section,
      noteIds: prompt.section.noteIds.filter((id) => notes.some((note) => note.id === id)),
    };
    return { ...prompt, notes, section };
  },
  onValue(value, context) {
    switch (context.purpose) {
      case 'source_summary': {
        const summary = value as SourceSummary;
        return { ...summary, points: keep(summary.points, context) };
      }
      case 'research_notes': {
        const research = value as ResearchNotes;
        return { ...research, notes: keep(research.notes, context) };
      }
      case 'article_outline': {
        const outline = value as ArticleOutline;
        return {
          ...outline,
          sections: outline.sections.map((section) => ({ ...section, noteIds: keep(section.noteIds, context) })),
        };
      }
      case 'article_critique': {
        const critique = value as ArticleCritique;
        // A critique may omit its only defect.
        return { ...critique, defects: critique.defects.filter(() => context.random() >= context.rate) };
      }
      default:
        return value;
    }
  },
};

function keep<T>(items: readonly T[], { random, rate }: DefectContext): T[] {
  const kept = items.filter(() => random() >= rate);
  return kept.length > 0 ? kept : items.slice(0, 1);
}
