import { SourceSummary, type ArticleInput } from '@pressroom/contracts';
import { rewriteCitations } from '@pressroom/pipelines';
import { callModel } from '../calling/call-model.ts';
import { indexInSteps } from '../calling/index-in-steps.ts';
import type { StepContext } from '../ports.ts';
import { outputTokens } from '../prompts/output-tokens.ts';
import { sourceSummaryPrompt } from '../prompts/source-summary.ts';
import { detectPromptInjection } from './core/detect-prompt-injection.ts';
import { filterGroundedClaims } from './core/filter-grounded-claims.ts';
import { POINTS_PER_CHUNK } from './core/split-chunks.ts';
import type { ReadSource } from './read-sources.ts';

/** A chunk of one source, summarised in its own call: `summarise/src-2`, `summarise/src-2/2`, … */
export interface SourceChunk {
  source: ReadSource;
  /** From 1. */
  chunk: number;
  text: string;
}

export interface ChunkSummary {
  sourceId: number;
  relevant: boolean;
  points: string[];
  /** Number of points dropped as suspected prompt injections. */
  injections: number;
}

/** Words of a point and its quote. */
const POINT_WORDS = 80;

/** Extracts the points of one chunk; drops points that are not grounded in its text and suspected prompt injections. */
export async function summariseChunk(
  context: StepContext,
  input: ArticleInput,
  questions: readonly string[],
  { source, chunk, text }: SourceChunk,
): Promise<ChunkSummary> {
  const summary = await callModel(context, {
    path: chunk === 1 ? `summarise/src-${source.id}` : `summarise/src-${source.id}/${chunk}`,
    purpose: 'source-summary',
    prompt: sourceSummaryPrompt,
    facts: { input, questions, source, text },
    schema: { name: 'source_summary', zod: SourceSummary },
    published: ({ points }) => points.map((point) => point.text),
    maxOutputTokens: outputTokens(POINTS_PER_CHUNK * POINT_WORDS, input),
    temperature: 0,
  });
  const facts = summary.points.filter(
    (point) => !detectPromptInjection(point.text) && !detectPromptInjection(point.quote),
  );
  const chunkText = { id: source.id, title: source.title, text };
  const kept = filterGroundedClaims(facts, chunkText, await indexInSteps([chunkText]), input.topic);
  const injections = summary.points.length - facts.length;
  const dropped = facts.length - kept.length;
  if (dropped + injections > 0) context.log.info({ source: source.id, chunk, dropped, injections }, 'points.dropped');
  // Numbers in brackets would be read as citations in the article.
  const points = kept.map((point) => rewriteCitations(point.text, () => undefined));
  return { sourceId: source.id, relevant: summary.relevant, points, injections };
}
