import type { ArticleInput } from '@pressroom/contracts';
import type { OutlineOutput } from '@pressroom/pipelines';
import { renderBrief } from './brief.ts';
import {
  renderNotes,
  renderOutline,
  renderSection,
  renderSourceTitles,
  type Note,
  type OutlineSection,
} from './material.ts';
import { asList, MATERIAL_RULE, paragraphs, toneRule } from './rules.ts';

/** Everything the writer of one part is given. */
export interface PartFacts {
  input: ArticleInput;
  outline: OutlineOutput;
  /** `lead` or the section's number. */
  part: string;
  section: Pick<OutlineSection, 'heading' | 'purpose' | 'points' | 'noteIds'>;
  words: number;
  /** The notes of this part only. */
  notes: readonly Note[];
  /** Sources of these notes. */
  sources: readonly { id: number; title: string }[];
}

/**
 * Instructions and brief, the same for every part of a task and every call about a part: prompt caches hold the longest
 * part of it, the style guide. Only what the user wrote stands here; what comes from sources stands in the user message.
 */
export function writerSystem(input: ArticleInput, hasNotes: boolean): string {
  return paragraphs(
    'You write one part of an article, a section or the lead, that others write the rest of.',
    MATERIAL_RULE,
    asList([
      hasNotes
        ? 'Every statement rests on <notes>. Take figures, names and dates from them unchanged; add none of your own.'
        : 'There are no sources: write what is well established, without figures or quotations you are not sure of, and cite nothing.',
      ...(hasNotes
        ? [
            'Cite after each statement, before the full stop, by the source numbers of its note: [1] or [1][3]. Use no other numbers.',
          ]
        : []),
      'Keep within 10 % of the words asked for.',
      'Markdown paragraphs, a list only where the matter is one. No heading at the start, no summary at the end.',
      'Tell only what belongs to this part; other parts of the outline tell the rest.',
      'Plain, concrete sentences of varied length. No filler, no announcements, no appeals to the reader.',
      toneRule(input),
    ]),
    'Reply with JSON: {"markdown": "…"}.',
    renderBrief(input),
  );
}

/** Materials of a part: what all parts share first, what only this one has last. */
export function writerMaterial(facts: PartFacts): string {
  return paragraphs(
    renderOutline(facts.outline),
    renderSourceTitles(facts.sources),
    renderNotes(facts.notes),
    renderSection(facts.part, facts.section, facts.words),
  );
}
