import type { ArticleInput } from '@pressroom/contracts';
import { POINTS_PER_CHUNK } from '../research/core/split-chunks.ts';
import { renderBrief } from './brief.ts';
import { renderQuestions, renderSource } from './material.ts';
import { asList, languageRule, MATERIAL_RULE, paragraphs } from './rules.ts';
import type { Prompt } from './prompt.ts';

/** Takes from one source, or one chunk of it, what it says to the questions. */
export const sourceSummaryPrompt: Prompt<{
  input: ArticleInput;
  questions: readonly string[];
  source: { id: number; title: string };
  text: string;
}> = {
  id: 'source-summary',
  version: '1',
  render: ({ input, questions, source, text }) => ({
    system: paragraphs(
      'You take from one source the points that answer given research questions.',
      MATERIAL_RULE,
      asList([
        `At most ${POINTS_PER_CHUNK} points, in the order of the source; the ones that matter most to the questions.`,
        'Each point is one checkable statement of at most 40 words that stands alone: names and dates, no "he", "it" or "there".',
        'Figures, names and dates exactly as the source gives them. Nothing the source does not say.',
        '`quote` is the shortest passage of the source that the point rests on, copied character by character.',
        'When the source says nothing to the topic: relevant false and no points.',
        `Points: ${languageRule(input)} Quotes stay in the language of the source.`,
      ]),
      'Reply with JSON: {"relevant": true, "points": [{"text": "…", "quote": "…"}]}.',
    ),
    user: paragraphs(
      renderBrief(input),
      renderQuestions(questions),
      renderSource(source, text),
      'Take the points from this source.',
    ),
  }),
};
