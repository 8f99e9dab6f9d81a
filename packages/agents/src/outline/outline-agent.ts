import { ArticleOutline } from '@pressroom/contracts';
import {
  describeShortfall,
  fitToNotes,
  planWords,
  ResearchOutput,
  deriveStyleRules,
  type WordPlan,
} from '@pressroom/pipelines';
import { callModel } from '../calling/call-model.ts';
import type { StepAgent } from '../ports.ts';
import { outlinePrompt } from '../prompts/outline.ts';
import { outputTokens } from '../prompts/output-tokens.ts';
import { rejectionReasons } from '../rejection.ts';
import { articleInput, stepOutput } from '../step-input.ts';
import { thinSources } from '../thin-sources.ts';
import { normaliseOutline } from './core/normalise-outline.ts';
import { validateOutline } from './core/validate-outline.ts';

/** Words of a section in the reply: heading, purpose, points, keys and ids. */
const WORDS_PER_SECTION = 170;

/**
 * Outlines the article in one call; all later steps use the outline. Plans as many sections and words as the notes support,
 * at most the requested ones.
 */
export const outlineAgent: StepAgent = {
  name: 'outline',
  async run(context) {
    const requested = articleInput(context);
    const { questions, notes, contradictions, gaps } = stepOutput(context, 'research', ResearchOutput);
    const input = fitToNotes(requested, notes);
    const plan: WordPlan = planWords(input);
    const noteIds = new Set(notes.map(({ id }) => id));
    const outline = await callModel(context, {
      path: 'outline',
      purpose: 'outline',
      prompt: outlinePrompt,
      facts: { input, questions, notes, contradictions, gaps, rejections: rejectionReasons(context) },
      schema: { name: 'article_outline', zod: ArticleOutline },
      accept: (reply) => validateOutline(reply, plan, noteIds),
      published: ({ title, sections }) => [title, ...sections.map(({ heading }) => heading)],
      maxOutputTokens: outputTokens((plan.sections + 1) * WORDS_PER_SECTION, input),
    });
    const output = normaliseOutline(outline, plan, deriveStyleRules(input));
    context.log.info({ sections: output.sections.length }, 'outline.done');
    return { output, limitations: thinSources(describeShortfall(requested, notes), context.step.key) };
  },
};
