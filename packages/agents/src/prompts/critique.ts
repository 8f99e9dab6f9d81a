import { DEFECT_KINDS, type ArticleInput } from '@pressroom/contracts';
import type { DocumentPart, OutlineOutput } from '@pressroom/pipelines';
import { renderBrief } from './brief.ts';
import {
  renderArticle,
  renderNotes,
  renderOutline,
  renderRejections,
  renderSourceTitles,
  type Note,
} from './material.ts';
import { asList, languageRule, MATERIAL_RULE, paragraphs } from './rules.ts';
import type { Prompt } from './prompt.ts';

export const MAX_DEFECTS = 20;

/** Scores the article and points at its defects. */
export const critiquePrompt: Prompt<{
  input: ArticleInput;
  outline: OutlineOutput;
  parts: readonly DocumentPart[];
  notes: readonly Note[];
  sources: readonly { id: number; title: string }[];
  /** Why the editor-in-chief rejected earlier versions. */
  rejections?: readonly string[];
}> = {
  id: 'critique',
  version: '1',
  render: ({ input, outline, parts, notes, sources, rejections = [] }) => ({
    system: paragraphs(
      'You are the editor of an article. You score it and point at its defects; you do not rewrite.',
      MATERIAL_RULE,
      asList([
        'Scores from 1 (poor) to 5 (excellent, nothing to improve), in halves: interest (engages its audience), organisation ' +
          '(order and links), relevance (stays with the topic), coverage (tells what the notes hold that matters).',
        notes.length > 0
          ? 'Judge facts by <notes> alone. What they do not bear out is unsupported; what they contradict is a wrong_fact.'
          : 'There are no notes: judge facts by what is well established, and ask for no citations.',
        `At most ${MAX_DEFECTS} defects, the worst first; only what a careful editor would change.`,
        `kind: ${DEFECT_KINDS.join(', ')}.`,
        '`part` is lead or the number in its [part …] mark. `quote` is the faulty text, copied character by character from ' +
          'that part, at least a clause and at most two sentences. `advice` is one line.',
        languageRule(input).replace('Write', 'Advise'),
      ]),
      'Reply with JSON: {"scores": {"interest": 4, "organisation": 4, "relevance": 4, "coverage": 4}, ' +
        '"defects": [{"kind": "clarity", "part": "2", "quote": "…", "advice": "…"}]}.',
    ),
    user: paragraphs(
      renderBrief(input),
      renderSourceTitles(sources),
      renderNotes(notes),
      renderOutline(outline),
      renderArticle(parts),
      renderRejections(
        rejections,
        'The editor-in-chief rejected an earlier version for the reasons in <rejection>, the latest last. Whatever in the ' +
          'article still gives cause for one of them is a defect: list these first.',
      ),
      'Score the article and list its defects.',
    ),
  }),
};
