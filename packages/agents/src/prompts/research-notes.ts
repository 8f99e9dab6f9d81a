import type { ArticleInput } from '@pressroom/contracts';
import { planWords } from '@pressroom/pipelines';
import { WORDS_PER_POINT } from '../research/core/split-chunks.ts';
import { renderBrief } from './brief.ts';
import { renderQuestions, renderSource, singleLine } from './material.ts';
import { asList, languageRule, MATERIAL_RULE, paragraphs } from './rules.ts';
import type { Prompt } from './prompt.ts';

const notesNeeded = (input: ArticleInput): number => Math.ceil(planWords(input).targetWords / WORDS_PER_POINT);

/** Merges the points of all sources into notes that know their sources. */
export const researchNotesPrompt: Prompt<{
  input: ArticleInput;
  questions: readonly string[];
  sources: readonly { id: number; title: string; points: readonly string[] }[];
}> = {
  id: 'research-notes',
  version: '1',
  render: ({ input, questions, sources }) => ({
    system: paragraphs(
      'You merge points taken from several sources into one list of research notes.',
      MATERIAL_RULE,
      asList([
        'Points that say the same become one note that names all their sources; points that differ stay apart.',
        'A note is one statement of at most 45 words with its figures, names and dates unchanged. Add nothing.',
        'ids are n1, n2, n3 …; `sources` are the ids of the <source> tags the note rests on, at least one.',
        `Leave out what serves no question; keep the rest: the article needs about ${notesNeeded(input)} notes, more do no harm.`,
        '`contradictions`: where sources disagree, naming both. `gaps`: questions that no note answers.',
        languageRule(input),
      ]),
      'Reply with JSON: {"notes": [{"id": "n1", "text": "…", "sources": [1]}], "contradictions": [], "gaps": []}.',
    ),
    user: paragraphs(
      renderBrief(input),
      renderQuestions(questions),
      ...sources.map((source) => renderSource(source, source.points.map(singleLine).join('\n'))),
      'Merge these points into notes.',
    ),
  }),
};
