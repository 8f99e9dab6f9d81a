import type { ArticleInput } from '@pressroom/contracts';
import { renderBrief } from './brief.ts';
import { asList, languageRule, paragraphs } from './rules.ts';
import type { Prompt } from './prompt.ts';

export const MIN_QUESTIONS = 4;
export const MAX_QUESTIONS = 8;

/** Plans the questions from the brief alone: it must never see a source, so that no source can steer the research. */
export const researchPlanPrompt: Prompt<{ input: ArticleInput }> = {
  id: 'research-plan',
  version: '1',
  render: ({ input }) => ({
    system: paragraphs(
      'You plan the research for an article before any source is read.',
      asList([
        `Ask ${MIN_QUESTIONS} to ${MAX_QUESTIONS} questions that the article must answer for its audience.`,
        'Each can be answered by facts in a source: what, who, when, where, why, how much, with what effect, seen how by others.',
        'The first is the broadest. No two ask the same.',
        languageRule(input),
      ]),
      'Reply with JSON: {"questions": ["…"]}.',
    ),
    user: paragraphs(renderBrief(input), 'List the research questions.'),
  }),
};
