import { ResearchQuestions, type ArticleInput, type Limitation, type LimitationCode } from '@pressroom/contracts';
import { planWords, type ResearchOutput } from '@pressroom/pipelines';
import { callModel } from '../calling/call-model.ts';
import { mapBounded } from '../calling/map-bounded.ts';
import { isCallSpecific, tryOptional, type Optional } from '../calling/try-optional.ts';
import { NoUsableSourceError, type UnusedSource } from '../errors.ts';
import type { StepAgent, StepContext } from '../ports.ts';
import { outputTokens } from '../prompts/output-tokens.ts';
import { MAX_QUESTIONS, researchPlanPrompt } from '../prompts/research-plan.ts';
import { articleInput } from '../step-input.ts';
import { freezePlan, parseFrozenPlan, type ResearchPlan } from './core/freeze-plan.ts';
import { isShort, isTooShort, extractStatements } from './core/extract-statements.ts';
import { decideChunkTokens, estimateTokens, splitChunks } from './core/split-chunks.ts';
import { findSources } from './find-sources.ts';
import { mergeNotes, type SourcePoints } from './merge-notes.ts';
import { runReadScope } from './read-scope.ts';
import { readSources, type ReadSource } from './read-sources.ts';
import { summariseChunk, type ChunkSummary } from './summarise-source.ts';

/** Concurrent summary calls of one step; the gateway enforces the provider's limits. */
const MAX_CONCURRENT_SUMMARIES = 4;
const WORDS_PER_QUESTION = 30;

/**
 * Plans questions and lookups, reads the user's sources and those that tools find, extracts their points and merges them
 * into notes. The plan is frozen before any source is read, so that the content of a source cannot change the questions or
 * cause tool calls. Without sources, or when all of them are too short, there are no notes: the article rests on general
 * knowledge and cites nothing.
 */
export const researchAgent: StepAgent = {
  name: 'research',
  async run(context) {
    if (context.step.params['scope'] === 'read') return runReadScope(context);
    const input = articleInput(context);
    const plan = await makePlan(context, input);
    const { questions } = plan;
    const given = input.sources?.length ?? 0;
    const read = await readAllSources(context, input, plan);
    const extracted = await extractPoints(context, input, questions, read.sources, given);
    const limitations = [...read.limitations, ...extracted.limitations];
    if (extracted.points.length === 0) {
      const unused = [...read.unread, ...extracted.unused].sort((one, other) => one.id - other.id);
      if (unused.some(({ id }) => !extracted.empty.has(id))) throw new NoUsableSourceError(unused);
      return { output: { questions, sources: [], notes: [], contradictions: [], gaps: [] }, limitations };
    }
    const { notes, contradictions, gaps } = await mergeNotes(context, input, questions, extracted.points);
    const output: ResearchOutput = { questions, sources: extracted.sources, notes, contradictions, gaps };
    context.log.info({ sources: output.sources.length, notes: notes.length }, 'research.done');
    return { output, limitations };
  },
};

/** A plan with lookups is stored in the journal, so that later attempts run the same lookups at any configuration. */
async function makePlan(context: StepContext, input: ArticleInput): Promise<ResearchPlan> {
  const questions = await planQuestions(context, input);
  const plan = freezePlan(input, questions, context.tools?.offers ?? []);
  if (plan.lookups.length === 0) return plan;
  return parseFrozenPlan(await context.tool('plan', () => Promise.resolve(plan)));
}

/** Reads the user's sources and those that tools find, concurrently. */
async function readAllSources(
  context: StepContext,
  input: ArticleInput,
  plan: ResearchPlan,
): Promise<{ sources: ReadSource[]; unread: UnusedSource[]; limitations: Limitation[] }> {
  const maxFound = plan.lookups.length === 0 ? 0 : (context.tools?.maxSources ?? 0);
  const read = await mapBounded(
    [
      () => readSources(context, input, maxFound),
      ...(plan.lookups.length > 0
        ? [async () => ({ ...(await findSources(context, input, plan, maxFound)), unread: [] })]
        : []),
    ],
    2,
    (run) => run(),
  );
  return {
    sources: read.flatMap(({ sources }) => sources),
    unread: read.flatMap(({ unread }) => unread),
    limitations: read.flatMap(({ limitations }) => limitations),
  };
}

async function planQuestions(context: StepContext, input: ArticleInput): Promise<string[]> {
  const { questions } = await callModel(context, {
    path: 'plan',
    purpose: 'research-plan',
    prompt: researchPlanPrompt,
    facts: { input },
    schema: { name: 'research_questions', zod: ResearchQuestions },
    accept: ({ questions: planned }) =>
      planned.some((question) => question.trim() !== '') ? [] : ['there are no questions'],
    maxOutputTokens: outputTokens(MAX_QUESTIONS * WORDS_PER_QUESTION, input),
  });
  return [...new Set(questions.map((question) => question.trim()))]
    .filter((question) => question !== '')
    .slice(0, MAX_QUESTIONS);
}

interface ExtractedPoints {
  points: SourcePoints[];
  /** Sources that could be read and summarised, whether or not they have points. */
  sources: ReadSource[];
  /** Given sources without points, with the reason. */
  unused: UnusedSource[];
  /** Numbers of given sources that are too short to state anything. */
  empty: Set<number>;
  limitations: Limitation[];
}

type ChunkOutcome = Optional<ChunkSummary>;

/**
 * Summarises every chunk of every source and skips sources that no model summarises.
 *
 * @param given number of the user's own sources, which have the ids 1 to `given`
 */
async function extractPoints(
  context: StepContext,
  input: ArticleInput,
  questions: readonly string[],
  sources: readonly ReadSource[],
  given: number,
): Promise<ExtractedPoints> {
  const totalTokens = sources.reduce((total, { text }) => total + estimateTokens(text), 0);
  const chunkTokens = decideChunkTokens(totalTokens, planWords(input).targetWords);
  const chunks = sources
    .filter((source) => source.id > given || !isTooShort(source.text))
    .flatMap((source) =>
      splitChunks(source.text, chunkTokens).map((text, index) => ({ source, chunk: index + 1, text })),
    );
  const summaries = await mapBounded(chunks, MAX_CONCURRENT_SUMMARIES, async (chunk) => ({
    source: chunk.source,
    summary: await tryOptional(context, () => summariseChunk(context, input, questions, chunk), isCallSpecific),
  }));
  const extracted: ExtractedPoints = { points: [], sources: [], unused: [], empty: new Set(), limitations: [] };
  const irrelevant: SourcePoints[] = [];
  const addLimitation = (code: LimitationCode, message: string): void => {
    extracted.limitations.push({ code, step: context.step.key, message });
  };
  for (const source of sources) {
    const own = summaries.filter((each) => each.source === source).map(({ summary }) => summary);
    const { isRelevant, points, injections, failure, isDone } = combineSummaries(source, own, given);
    const markUnused = (reason: string): void => {
      if (source.id <= given) extracted.unused.push({ id: source.id, name: `"${source.title}"`, reason });
    };
    if (own.length === 0) {
      extracted.empty.add(source.id);
      markUnused('is too short to state anything');
      addLimitation('SOURCE_SKIPPED', `The source "${source.title}" was skipped: it is too short to state anything.`);
      continue;
    }
    if (failure !== undefined) {
      const extent = isDone ? 'was read in part' : 'was skipped';
      addLimitation(
        'SOURCE_SKIPPED',
        `The source "${source.title}" ${extent}: it could not be summarised (${failure}).`,
      );
    }
    if (!isDone) {
      markUnused(`could not be summarised (${failure ?? 'no reply'})`);
      continue;
    }
    if (injections > 0) {
      const message = `The source "${source.title}" contains suspected prompt injections: ${injections} of its statements were removed.`;
      addLimitation('PROMPT_INJECTION_SUSPECTED', message);
    }
    // An irrelevant source that a tool found needs no limitation.
    if (source.id > given && (!isRelevant || points.length === 0)) continue;
    extracted.sources.push(source);
    if (points.length === 0) {
      const isEmpty = source.url === undefined && injections === 0 && isShort(source.text);
      if (isEmpty) extracted.empty.add(source.id);
      markUnused(injections > 0 ? 'contains only suspected prompt injections' : 'makes no statement on the topic');
      if (isEmpty)
        addLimitation(
          'SOURCE_SKIPPED',
          `The source "${source.title}" was skipped: it makes no statement on the topic.`,
        );
      continue;
    }
    (isRelevant ? extracted.points : irrelevant).push({ id: source.id, title: source.title, points });
  }
  // Points that a model considers irrelevant are better than none.
  if (extracted.points.length === 0) extracted.points.push(...irrelevant);
  return extracted;
}

interface CombinedSummary {
  isRelevant: boolean;
  points: string[];
  injections: number;
  /** Code of a chunk's failure. */
  failure: string | undefined;
  /** At least one chunk was summarised. */
  isDone: boolean;
}

/** Combines the chunk summaries of a source; a short text of the user without points contributes its own sentences. */
function combineSummaries(source: ReadSource, summaries: readonly ChunkOutcome[], given: number): CombinedSummary {
  const done = summaries.flatMap((summary) => (summary.outcome === 'done' ? [summary.value] : []));
  const injections = done.reduce((total, summary) => total + summary.injections, 0);
  const points = [...new Set(done.flatMap((summary) => summary.points))];
  const isOwnText = source.id <= given && source.url === undefined;
  return {
    isRelevant: done.some((summary) => summary.relevant),
    points: points.length === 0 && injections === 0 && isOwnText ? extractStatements(source.text) : points,
    injections,
    failure: summaries.find((summary) => summary.outcome === 'failed')?.error.code,
    isDone: done.length > 0,
  };
}
