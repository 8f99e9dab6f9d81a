import { SummaryInput, type ArticleInput, type Limitation } from '@pressroom/contracts';
import { planSummary, type ResearchOutput } from '@pressroom/pipelines';
import { mapBounded } from '../calling/map-bounded.ts';
import { isAboutTheCall, tryOptional } from '../calling/try-optional.ts';
import { NoUsableSourceError } from '../errors.ts';
import type { StepContext, StepOutput } from '../ports.ts';
import { inputOf } from '../step-input.ts';
import { CHUNK_TOKENS, decideChunkTokens, estimateTokens, splitChunks } from './core/split-chunks.ts';
import { readSources, type ReadSource } from './read-sources.ts';
import { summariseChunk } from './summarise-source.ts';

const SUMMARIES_AT_ONCE = 4;
/** Sources of so many tokens together are given to the writer as they are: one call reads them all. */
const DIRECT_TOKENS = CHUNK_TOKENS.most;
/** Points are taken generously: the writer leaves out, and cannot add. */
const POINTS_SURPLUS = 3;

/**
 * Reads sources for a step that works from them alone: no questions, nothing merged. What is too long to be read at once
 * becomes points, each a note with its source, taken chunk by chunk on the cheap tier.
 */
export async function readOnly(context: StepContext): Promise<StepOutput> {
  const input = inputOf(context, SummaryInput.shape);
  const topic = input.focus ?? 'everything of importance in the source';
  const brief: ArticleInput = {
    topic,
    sources: input.sources,
    ...(input.language !== undefined && { language: input.language }),
  };
  const read = await readSources(context, brief);
  if (read.sources.length === 0) throw new NoUsableSourceError(read.unread);
  const output: ResearchOutput = { questions: [], sources: read.sources, notes: [], contradictions: [], gaps: [] };
  const totalTokens = read.sources.reduce((total, { text }) => total + estimateTokens(text), 0);
  if (totalTokens <= DIRECT_TOKENS) return { output, limitations: read.limitations };

  const targetWords = planSummary(input, read.sources).targetWords * POINTS_SURPLUS;
  const taken = await takePoints(context, brief, read.sources, decideChunkTokens(totalTokens, targetWords));
  if (taken.notes.length === 0) {
    const silent = read.sources.map(({ id, title }) => {
      const code = taken.failed.get(id);
      const reason =
        code === undefined ? 'makes no statement that could be taken' : `could not be summarised (${code})`;
      return { id, name: `"${title}"`, reason };
    });
    throw new NoUsableSourceError([...read.unread, ...silent]);
  }
  context.log.info({ sources: read.sources.length, points: taken.notes.length }, 'read.done');
  return { output: { ...output, notes: taken.notes }, limitations: [...read.limitations, ...taken.limitations] };
}

async function takePoints(
  context: StepContext,
  brief: ArticleInput,
  sources: readonly ReadSource[],
  chunkTokens: number,
): Promise<{ notes: ResearchOutput['notes']; failed: Map<number, string>; limitations: Limitation[] }> {
  const chunks = sources.flatMap((source) =>
    splitChunks(source.text, chunkTokens).map((text, index) => ({ source, chunk: index + 1, text })),
  );
  const questions = [
    'What does the source state?',
    'Which figures, names and dates does it give?',
    'What follows from it?',
  ];
  const points: { text: string; source: number }[] = [];
  const failed = new Map<ReadSource, string>();
  const summaries = await mapBounded(chunks, SUMMARIES_AT_ONCE, (chunk) =>
    tryOptional(context, () => summariseChunk(context, brief, questions, chunk), isAboutTheCall),
  );
  summaries.forEach((summary, index) => {
    const source = chunks[index]?.source;
    if (!source) return;
    if (summary.outcome === 'failed') failed.set(source, summary.error.code);
    else points.push(...summary.value.points.map((text) => ({ text, source: source.id })));
  });
  return {
    notes: points.map(({ text, source }, index) => ({ id: `n${index + 1}`, text, sources: [source] })),
    failed: new Map([...failed].map(([{ id }, code]) => [id, code])),
    limitations: [...failed].map(([{ title }, code]) => ({
      code: 'SOURCE_SKIPPED',
      step: context.step.key,
      message: `The source "${title}" was read in part: some of it could not be summarised (${code}).`,
    })),
  };
}
