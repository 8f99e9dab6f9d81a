import { fence, type ArticleInput } from '@pressroom/contracts';
import { POINTS_PER_CHUNK } from '../research/core/split-chunks.ts';
import { languageOf } from './brief.ts';
import { renderQuestions } from './material.ts';
import { asList, languageRule, MATERIAL_RULE, paragraphs } from './rules.ts';
import type { Prompt } from './prompt.ts';

/**
 * Takes from one source, or one chunk of it, what it says to the questions. Rendered from nothing else: neither from the
 * source's place in a list nor from audience and style, so that the same source is summarised once for the same questions,
 * whichever task asks.
 */
export const sourceSummaryPrompt: Prompt<{
  input: Pick<ArticleInput, 'topic' | 'language'>;
  questions: readonly string[];
  source: { title: string };
  text: string;
}> = {
  id: 'source-summary',
  version: '2',
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
      fence('brief', '', { topic: input.topic, language: languageOf(input) }),
      renderQuestions(questions),
      fence('source', text, { title: source.title }),
      'Take the points from this source.',
    ),
  }),
};
