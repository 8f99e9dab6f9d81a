import {
  ArticleCritique,
  ArticleJudgement,
  ArticleMetadata,
  ArticleOutline,
  ArticlePart,
  ArticlePatch,
  Classification,
  ContentBrief,
  DocumentSummary,
  fence,
  HeadlineVariants,
  ResearchNotes,
  ResearchQuestions,
  RewrittenText,
  SourceSummary,
} from '@pressroom/contracts';
import type { LogicalCall } from '@pressroom/llm';
import type { ZodType } from 'zod';

import { sampleSources } from '../../e2e/support/sources.ts';

/** All reply schemas of agents, by schema name. */
export const REPLY_SCHEMAS: Readonly<Record<string, ZodType>> = {
  research_questions: ResearchQuestions,
  source_summary: SourceSummary,
  research_notes: ResearchNotes,
  article_outline: ArticleOutline,
  article_part: ArticlePart,
  article_critique: ArticleCritique,
  article_patch: ArticlePatch,
  article_metadata: ArticleMetadata,
  article_judgement: ArticleJudgement,
  content_brief: ContentBrief,
  document_summary: DocumentSummary,
  rewritten_text: RewrittenText,
  headline_variants: HeadlineVariants,
  classification: Classification,
};

const [first, second] = sampleSources();
const NOTES = [
  'n1 [1] Fresnel replaced the polished reflectors of the day with a lens of concentric prisms in 1822.',
  'n2 [2] Henry Winstanley finished the first tower on the Eddystone reef in 1698.',
].join('\n');
const ARTICLE =
  '[part lead]\nFresnel replaced polished reflectors with a lens in 1822 [1].\n\n' +
  '[part 1] ## The first tower\nHenry Winstanley finished the first tower in 1999 [2]. It stood for a while.';

/** A call whose prompt contains material for every schema. */
export function aCallFor(name: string): LogicalCall<unknown> {
  const zod = REPLY_SCHEMAS[name];
  if (!zod) throw new Error(`unknown schema: ${name}`);
  const user = [
    fence('brief', '', { topic: 'How lighthouses changed', words: 300, sections: 2 }),
    fence('source', first?.text ?? '', { id: 1, title: first?.title ?? '' }),
    fence('source', second?.text ?? '', { id: 2, title: second?.title ?? '' }),
    fence('notes', NOTES),
    fence('outline', '1. The first tower (words: 60; notes: n2) Describes it', { title: 'Lights' }),
    fence('article', ARTICLE),
    fence('defects', 'wrong_fact | 1 | "Henry Winstanley finished the first tower in 1999 [2]." | wrong year'),
    'Answer.',
  ].join('\n\n');
  return {
    path: name,
    purpose: 'format',
    prompt: { id: name, version: '1' },
    system: 'You work for an editor.',
    messages: [{ role: 'user', content: user }],
    schema: { name, zod },
    maxOutputTokens: 4_000,
  };
}
