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

/** A chunk of one source: its own call, named `summarise/src-2`, `summarise/src-2/2`, … */
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
  /** Points that were left out because they give orders to whoever reads them. */
  orders: number;
}

/** A point and its quote, in words. */
const POINT_WORDS = 80;

/** Takes the points one chunk makes; those its text does not bear out are dropped, and those that are orders. */
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
  const orders = summary.points.length - facts.length;
  const dropped = facts.length - kept.length;
  if (dropped + orders > 0) context.log.info({ source: source.id, chunk, dropped, orders }, 'points.dropped');
  // Numbers in brackets would pass for citations wherever the point is written.
  const points = kept.map((point) => rewriteCitations(point.text, () => undefined));
  return { sourceId: source.id, relevant: summary.relevant, points, orders };
}
