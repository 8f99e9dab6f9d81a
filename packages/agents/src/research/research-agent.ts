import { ResearchQuestions, type ArticleInput, type Limitation, type LimitationCode } from '@pressroom/contracts';
import { planWords, type ResearchOutput } from '@pressroom/pipelines';
import { callModel } from '../calling/call-model.ts';
import { mapBounded } from '../calling/map-bounded.ts';
import { isAboutTheCall, tryOptional, type Optional } from '../calling/try-optional.ts';
import { NoUsableSourceError, type UnusedSource } from '../errors.ts';
import type { StepAgent, StepContext } from '../ports.ts';
import { outputTokens } from '../prompts/output-tokens.ts';
import { MOST_QUESTIONS, researchPlanPrompt } from '../prompts/research-plan.ts';
import { articleInput } from '../step-input.ts';
import { freezePlan, thawPlan, type ResearchPlan } from './core/freeze-plan.ts';
import { isShort, isTooShort, ownStatements } from './core/own-statements.ts';
import { decideChunkTokens, estimateTokens, splitChunks } from './core/split-chunks.ts';
import { findSources } from './find-sources.ts';
import { mergeNotes, type SourcePoints } from './merge-notes.ts';
import { readOnly } from './read-only.ts';
import { readSources, type ReadSource } from './read-sources.ts';
import { summariseChunk, type ChunkSummary } from './summarise-source.ts';

/** Summary calls under way at once in one step; the provider's own limits are the gateway's business. */
const SUMMARIES_AT_ONCE = 4;
const WORDS_PER_QUESTION = 30;

/**
 * Plans, reads the user's sources and looks up others, takes their points and merges them into notes. The plan, questions
 * and lookups, is made and frozen before any source is read, so that nothing a source says can steer what is asked or
 * cause a tool to be called. Without any source, or where all of them are too short to state anything, there are no
 * notes: the article then rests on what models know and cites nothing.
 */
export const researchAgent: StepAgent = {
  name: 'research',
  async run(context) {
    if (context.step.params['scope'] === 'read') return readOnly(context);
    const input = articleInput(context);
    const plan = await makePlan(context, input);
    const { questions } = plan;
    const given = input.sources?.length ?? 0;
    const read = await readEverything(context, input, plan);
    const taken = await takePoints(context, input, questions, read.sources, given);
    const limitations = [...read.limitations, ...taken.limitations];
    if (taken.points.length === 0) {
      const unused = [...read.unread, ...taken.unused].sort((one, other) => one.id - other.id);
      if (unused.some(({ id }) => !taken.empty.has(id))) throw new NoUsableSourceError(unused);
      return { output: { questions, sources: [], notes: [], contradictions: [], gaps: [] }, limitations };
    }
    const { notes, contradictions, gaps } = await mergeNotes(context, input, questions, taken.points);
    const output: ResearchOutput = { questions, sources: taken.sources, notes, contradictions, gaps };
    context.log.info({ sources: output.sources.length, notes: notes.length }, 'research.done');
    return { output, limitations };
  },
};

/** A plan with lookups is kept in the journal: a later attempt makes the very same ones, whatever is configured by then. */
async function makePlan(context: StepContext, input: ArticleInput): Promise<ResearchPlan> {
  const questions = await planQuestions(context, input);
  const plan = freezePlan(input, questions, context.tools?.offers ?? []);
  if (plan.lookups.length === 0) return plan;
  return thawPlan(await context.tool('plan', () => Promise.resolve(plan)));
}

/** The user's sources and those that tools find, side by side. */
async function readEverything(
  context: StepContext,
  input: ArticleInput,
  plan: ResearchPlan,
): Promise<{ sources: ReadSource[]; unread: UnusedSource[]; limitations: Limitation[] }> {
  const most = plan.lookups.length === 0 ? 0 : (context.tools?.maxSources ?? 0);
  const read = await mapBounded(
    [
      () => readSources(context, input, most),
      ...(plan.lookups.length > 0
        ? [async () => ({ ...(await findSources(context, input, plan, most)), unread: [] })]
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
    maxOutputTokens: outputTokens(MOST_QUESTIONS * WORDS_PER_QUESTION, input),
  });
  return [...new Set(questions.map((question) => question.trim()))]
    .filter((question) => question !== '')
    .slice(0, MOST_QUESTIONS);
}

interface TakenPoints {
  points: SourcePoints[];
  /** Sources that could be read and summarised, whether or not they have points. */
  sources: ReadSource[];
  /** Given sources without points, and why. */
  unused: UnusedSource[];
  /** Numbers of given sources that are too short to state anything. */
  empty: Set<number>;
  limitations: Limitation[];
}

type ChunkOutcome = Optional<ChunkSummary>;

/**
 * Summarises every chunk of every source; a source whose summary no model will give is left out.
 *
 * @param given sources numbered up to here are the user's own
 */
async function takePoints(
  context: StepContext,
  input: ArticleInput,
  questions: readonly string[],
  sources: readonly ReadSource[],
  given: number,
): Promise<TakenPoints> {
  const totalTokens = sources.reduce((total, { text }) => total + estimateTokens(text), 0);
  const chunkTokens = decideChunkTokens(totalTokens, planWords(input).targetWords);
  const chunks = sources
    .filter((source) => source.id > given || !isTooShort(source.text))
    .flatMap((source) =>
      splitChunks(source.text, chunkTokens).map((text, index) => ({ source, chunk: index + 1, text })),
    );
  const summaries = await mapBounded(chunks, SUMMARIES_AT_ONCE, async (chunk) => ({
    source: chunk.source,
    summary: await tryOptional(context, () => summariseChunk(context, input, questions, chunk), isAboutTheCall),
  }));
  const taken: TakenPoints = { points: [], sources: [], unused: [], empty: new Set(), limitations: [] };
  const irrelevant: SourcePoints[] = [];
  const limit = (code: LimitationCode, message: string): void => {
    taken.limitations.push({ code, step: context.step.key, message });
  };
  for (const source of sources) {
    const own = summaries.filter((each) => each.source === source).map(({ summary }) => summary);
    const { isRelevant, points, orders, failure, isDone } = joinSummaries(source, own, given);
    const unused = (reason: string): void => {
      if (source.id <= given) taken.unused.push({ id: source.id, name: `"${source.title}"`, reason });
    };
    if (own.length === 0) {
      taken.empty.add(source.id);
      unused('is too short to state anything');
      limit('SOURCE_SKIPPED', `The source "${source.title}" was left out: it is too short to state anything.`);
      continue;
    }
    if (failure !== undefined) {
      const extent = isDone ? 'was read in part' : 'was left out';
      limit('SOURCE_SKIPPED', `The source "${source.title}" ${extent}: it could not be summarised (${failure}).`);
    }
    if (!isDone) {
      unused(`could not be summarised (${failure ?? 'no reply'})`);
      continue;
    }
    if (orders > 0) {
      const message = `The source "${source.title}" gives orders to whoever reads it: ${orders} of its statements were left out.`;
      limit('PROMPT_INJECTION_SUSPECTED', message);
    }
    // What a tool found and nobody asked for by name is not worth a line when it says nothing to the topic.
    if (source.id > given && (!isRelevant || points.length === 0)) continue;
    taken.sources.push(source);
    if (points.length === 0) {
      const isEmpty = source.url === undefined && orders === 0 && isShort(source.text);
      if (isEmpty) taken.empty.add(source.id);
      unused(orders > 0 ? 'only gives orders to its reader' : 'makes no statement on the topic');
      if (isEmpty)
        limit('SOURCE_SKIPPED', `The source "${source.title}" was left out: it makes no statement on the topic.`);
      continue;
    }
    (isRelevant ? taken.points : irrelevant).push({ id: source.id, title: source.title, points });
  }
  // Better what a model thought beside the point than nothing, when the user gave nothing else.
  if (taken.points.length === 0) taken.points.push(...irrelevant);
  return taken;
}

interface JoinedSummary {
  isRelevant: boolean;
  points: string[];
  orders: number;
  /** Code of a chunk's failure. */
  failure: string | undefined;
  /** Some chunk was summarised. */
  isDone: boolean;
}

/** What the chunks of one source give together; a short text of the user's own that gave no point is taken as it stands. */
function joinSummaries(source: ReadSource, summaries: readonly ChunkOutcome[], given: number): JoinedSummary {
  const done = summaries.flatMap((summary) => (summary.outcome === 'done' ? [summary.value] : []));
  const orders = done.reduce((total, summary) => total + summary.orders, 0);
  const points = [...new Set(done.flatMap((summary) => summary.points))];
  const isOwnText = source.id <= given && source.url === undefined;
  return {
    isRelevant: done.some((summary) => summary.relevant),
    points: points.length === 0 && orders === 0 && isOwnText ? ownStatements(source.text) : points,
    orders,
    failure: summaries.find((summary) => summary.outcome === 'failed')?.error.code,
    isDone: done.length > 0,
  };
}
