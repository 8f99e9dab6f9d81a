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
  HeadlineVariants,
  ResearchNotes,
  ResearchQuestions,
  RewrittenText,
  SourceSummary,
} from '@pressroom/contracts';
import type { ZodObject } from 'zod';
import { writeArticleCritique } from './article-critique.ts';
import { writeArticleJudgement } from './article-judgement.ts';
import { writeArticleMetadata } from './article-metadata.ts';
import { writeArticleOutline } from './article-outline.ts';
import { writeArticlePart } from './article-part.ts';
import { writeArticlePatch } from './article-patch.ts';
import { writeClassification } from './classification.ts';
import { writeContentBrief } from './content-brief.ts';
import { writeDocumentSummary } from './document-summary.ts';
import type { JsonSchema } from './fill-schema.ts';
import { writeHeadlineVariants } from './headline-variants.ts';
import { writeResearchNotes } from './research-notes.ts';
import { writeResearchQuestions } from './research-questions.ts';
import { writeRewrittenText } from './rewritten-text.ts';
import { writeSourceSummary } from './source-summary.ts';
import type { Writer } from './writer.ts';

interface KnownOutput {
  write: Writer;
  schema: ZodObject;
}

/** Known outputs by the name of their schema; replies for other schemas are filled generically. */
const KNOWN: Readonly<Record<string, KnownOutput>> = {
  research_questions: { write: writeResearchQuestions, schema: ResearchQuestions },
  source_summary: { write: writeSourceSummary, schema: SourceSummary },
  research_notes: { write: writeResearchNotes, schema: ResearchNotes },
  article_outline: { write: writeArticleOutline, schema: ArticleOutline },
  article_part: { write: writeArticlePart, schema: ArticlePart },
  article_critique: { write: writeArticleCritique, schema: ArticleCritique },
  article_patch: { write: writeArticlePatch, schema: ArticlePatch },
  article_metadata: { write: writeArticleMetadata, schema: ArticleMetadata },
  content_brief: { write: writeContentBrief, schema: ContentBrief },
  document_summary: { write: writeDocumentSummary, schema: DocumentSummary },
  rewritten_text: { write: writeRewrittenText, schema: RewrittenText },
  headline_variants: { write: writeHeadlineVariants, schema: HeadlineVariants },
  classification: { write: writeClassification, schema: Classification },
  article_judgement: { write: writeArticleJudgement, schema: ArticleJudgement },
};

const signature = (keys: readonly string[]): string => [...keys].sort().join(',');
const NAME_BY_SIGNATURE = new Map(
  Object.entries(KNOWN).map(([name, { schema }]) => [signature(Object.keys(schema.shape)), name]),
);

/** The writer of a known output, if `purpose` is one. */
export const writerFor = (purpose: string): Writer | undefined => KNOWN[purpose]?.write;

/**
 * The purpose of a schema. If the protocol has no name (Anthropic's `output_config`), a known output is recognised by its
 * title or its properties.
 */
export function recogniseSchema(name: string | undefined, schema: JsonSchema): string | undefined {
  if (name !== undefined && name in KNOWN) return name;
  if (schema.title !== undefined && schema.title in KNOWN) return schema.title;
  const known = NAME_BY_SIGNATURE.get(signature(Object.keys(schema.properties ?? {})));
  return name ?? known ?? schema.title;
}
