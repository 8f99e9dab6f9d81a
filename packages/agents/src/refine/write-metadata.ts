import { ArticleMetadata } from '@pressroom/contracts';
import { clipWords, META_DESCRIPTION_CHARACTERS, type DocumentPart } from '@pressroom/pipelines';
import { callModel } from '../calling/call-model.ts';
import { escapeMarkup } from '../draft/core/escape-markup.ts';
import type { StepContext } from '../ports.ts';
import { metadataPrompt, MAX_KEYWORDS } from '../prompts/metadata.ts';
import { outputTokens } from '../prompts/output-tokens.ts';
import type { RefineMaterial } from './refine-round.ts';

const METADATA_WORDS = 80;

/** Writes description and keywords and clips them to their limits. */
export async function writeMetadata(
  context: StepContext,
  { input, outline }: RefineMaterial,
  parts: readonly DocumentPart[],
): Promise<ArticleMetadata> {
  const opening = parts.find(({ part }) => part === 'lead') ?? parts[0];
  const { metaDescription, keywords } = await callModel(context, {
    path: 'metadata',
    purpose: 'metadata',
    prompt: metadataPrompt,
    facts: { input, outline, lead: opening ?? { part: 'lead', heading: '', markdown: '' } },
    schema: { name: 'article_metadata', zod: ArticleMetadata },
    accept: (reply) => (reply.metaDescription.trim() === '' ? ['the description is empty'] : []),
    published: (reply) => [reply.metaDescription, ...reply.keywords],
    maxOutputTokens: outputTokens(METADATA_WORDS, input),
    temperature: 0,
  });
  const tidy = (text: string): string => escapeMarkup(text).replace(/\s+/g, ' ').trim();
  return {
    metaDescription: clipWords(tidy(metaDescription), META_DESCRIPTION_CHARACTERS),
    keywords: [...new Set(keywords.map(tidy))].filter((keyword) => keyword !== '').slice(0, MAX_KEYWORDS),
  };
}
