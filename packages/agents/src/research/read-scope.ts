import { SummaryInput, type ArticleInput, type Limitation } from '@pressroom/contracts';
import { planSummary, type ResearchOutput } from '@pressroom/pipelines';
import { mapBounded } from '../calling/map-bounded.ts';
import { isCallSpecific, tryOptional } from '../calling/try-optional.ts';
import { NoUsableSourceError } from '../errors.ts';
import type { StepContext, StepOutput } from '../ports.ts';
import { taskInput } from '../step-input.ts';
import { CHUNK_TOKENS, decideChunkTokens, estimateTokens, splitChunks } from './core/split-chunks.ts';
import { readSources, type ReadSource } from './read-sources.ts';
import { summariseChunk } from './summarise-source.ts';

const MAX_CONCURRENT_SUMMARIES = 4;
/** Sources of at most this many tokens together are passed to the writer directly, which reads them in one call. */
const DIRECT_TOKENS = CHUNK_TOKENS.max;
/** Extracts more points than needed, because the writer can omit points but not add any. */
const POINTS_SURPLUS = 3;

/**
 * Reads sources for a step that uses only them, without questions and without merging. Sources that are too long for one
 * call are summarised chunk by chunk on the cheap tier; each point becomes a note with its source.
 */
export async function runReadScope(context: StepContext): Promise<StepOutput> {
  const input = taskInput(context, SummaryInput.shape);
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
  const extracted = await extractPoints(context, brief, read.sources, decideChunkTokens(totalTokens, targetWords));
  if (extracted.notes.length === 0) {
    const unusable = read.sources.map(({ id, title }) => {
      const code = extracted.failed.get(id);
      const reason =
        code === undefined ? 'contains no statement that could be extracted' : `could not be summarised (${code})`;
      return { id, name: `"${title}"`, reason };
    });
    throw new NoUsableSourceError([...read.unread, ...unusable]);
  }
  context.log.info({ sources: read.sources.length, points: extracted.notes.length }, 'read.done');
  return {
    output: { ...output, notes: extracted.notes },
    limitations: [...read.limitations, ...extracted.limitations],
  };
}

async function extractPoints(
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
  const summaries = await mapBounded(chunks, MAX_CONCURRENT_SUMMARIES, (chunk) =>
    tryOptional(context, () => summariseChunk(context, brief, questions, chunk), isCallSpecific),
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
