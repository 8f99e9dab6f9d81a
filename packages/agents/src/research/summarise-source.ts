import { SourceSummary, type ArticleInput } from '@pressroom/contracts';
import { callModel } from '../calling/call-model.ts';
import type { StepContext } from '../ports.ts';
import { outputTokens } from '../prompts/output-tokens.ts';
import { sourceSummaryPrompt } from '../prompts/source-summary.ts';
import { keepBorneOut } from './core/keep-borne-out.ts';
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
}

/** A point and its quote, in words. */
const POINT_WORDS = 80;

/** Takes the points one chunk makes; those its text does not bear out are dropped. */
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
    maxOutputTokens: outputTokens(POINTS_PER_CHUNK * POINT_WORDS, input),
    temperature: 0,
  });
  const kept = keepBorneOut(summary.points, { id: source.id, title: source.title, text }, input.topic);
  const dropped = summary.points.length - kept.length;
  if (dropped > 0) context.log.info({ source: source.id, chunk, dropped }, 'points.dropped');
  return { sourceId: source.id, relevant: summary.relevant, points: kept.map((point) => point.text) };
}
