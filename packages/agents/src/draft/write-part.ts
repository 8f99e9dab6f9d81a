import { ArticlePart } from '@pressroom/contracts';
import { countWords } from '@pressroom/pipelines';
import { callModel } from '../calling/call-model.ts';
import type { StepContext } from '../ports.ts';
import { adjustPrompt, resizePrompt } from '../prompts/adjust.ts';
import { draftLeadPrompt } from '../prompts/draft-lead.ts';
import { draftSectionPrompt } from '../prompts/draft-section.ts';
import { outputTokens } from '../prompts/output-tokens.ts';
import type { PartFacts } from '../prompts/writer.ts';
import { cleanPart } from './core/clean-part.ts';
import { extractUrls } from './core/escape-markup.ts';
import { validatePart } from './core/validate-part.ts';

/** Writes the first version of a part. */
export async function writePart(context: StepContext, facts: PartFacts): Promise<string> {
  const isLead = facts.part === 'lead';
  const { markdown } = await callModel(context, {
    path: 'draft',
    purpose: isLead ? 'draft-lead' : 'draft-section',
    prompt: isLead ? draftLeadPrompt : draftSectionPrompt,
    facts,
    ...partReply(facts),
  });
  return cleanPart(markdown, facts.sources.length > 0, extractUrls(facts.input));
}

/** Rewrites an existing part in `facts.words` words. */
export async function rewritePart(
  context: StepContext,
  facts: PartFacts,
  current: string,
  call: { path: string; purpose: 'adjust' | 'resize' },
): Promise<string> {
  const { markdown } = await callModel(context, {
    ...call,
    prompt: call.purpose === 'adjust' ? adjustPrompt : resizePrompt,
    facts: {
      ...facts,
      current: { part: facts.part, heading: facts.part === 'lead' ? '' : facts.section.heading, markdown: current },
      currentWords: countWords(current),
    },
    ...partReply(facts),
  });
  return cleanPart(markdown, facts.sources.length > 0, extractUrls(facts.input));
}

function partReply(facts: PartFacts): {
  schema: { name: string; zod: typeof ArticlePart };
  accept: (reply: ArticlePart) => string[];
  published: (reply: ArticlePart) => string[];
  maxOutputTokens: number;
} {
  const sourceIds = facts.sources.map(({ id }) => id);
  return {
    schema: { name: 'article_part', zod: ArticlePart },
    accept: ({ markdown }) => validatePart(markdown, sourceIds),
    published: ({ markdown }) => [markdown],
    maxOutputTokens: outputTokens(facts.words, facts.input),
  };
}
