import { JUDGE_CRITERIA, judgeArticle, type JudgeCriterion } from '@pressroom/agents';
import { promptTokens, type Catalog } from '@pressroom/catalog';
import type { ArticleInput, ErrorCode, Quality } from '@pressroom/contracts';
import { createGateway, createProviders, type Gateway, type LlmConfig } from '@pressroom/llm';
import {
  checkArticle,
  collectParts,
  countWords,
  entityRecall,
  findPipeline,
  headingSoftRecall,
  planWords,
  ResearchOutput,
} from '@pressroom/pipelines';
import { AppError, seededRandom, silentLogger, systemClock } from '@pressroom/runtime';
import {
  createInMemoryGatewayStore,
  runInProcess,
  type InProcessRun,
  type InMemoryGatewayStore,
} from '@pressroom/testkit';

import type { ReferenceArticle } from './read-article.ts';

/** Measurements of one article at one quality. */
export interface ArticleFigures {
  title: string;
  quality: Quality;
  /** The run produced no usable article; the measurements are then 0. */
  isMissing: boolean;
  passesChecks: boolean;
  headingRecall: number;
  entityRecall: number;
  supportRate: number;
  words: number;
  targetWords: number;
  calls: number;
  inputTokens: number;
  outputTokens: number;
  costNanoUsd: bigint;
  judge: { score: number; scores: Record<JudgeCriterion, number> } | undefined;
  limitations: string[];
}

/** Writes one article from the reference's prose with a separate gateway and measures it. Excludes the judge's cost. */
export async function evaluateArticle(
  reference: ReferenceArticle,
  quality: Quality,
  deps: { catalog: Catalog; providers: LlmConfig['providers']; targetWords: number },
): Promise<ArticleFigures> {
  const pipeline = findPipeline('article');
  if (!pipeline) throw new Error('there is no article pipeline');
  const input: ArticleInput = {
    topic: reference.title,
    targetWords: deps.targetWords,
    sources: [{ title: reference.title, text: reference.text }],
  };
  const store = createInMemoryGatewayStore();
  const gateway = openGateway(deps, store);
  const judgeGateway = openGateway(deps, createInMemoryGatewayStore());
  try {
    const run = await runOrErrorCode({ pipeline, input, quality }, gateway);
    const { targetWords } = planWords(input);
    const empty = { title: reference.title, quality, targetWords, ...sumUsage(store) };
    if (typeof run === 'string') return { ...empty, ...MISSING_FIGURES, limitations: [run] };
    const report = checkArticle(input, run.outputs);
    const article = collectParts(run.outputs);
    const limitations = run.limitations.map(({ code, message }) =>
      code === 'QUALITY_CHECK_FAILED' ? (/: (.*)\.$/.exec(message)?.[1] ?? code) : code,
    );
    if (!report || !article) return { ...empty, ...MISSING_FIGURES, limitations };
    const text = article.parts.map(({ markdown }) => markdown).join('\n\n');
    const judged = await judgeOptionally(judgeGateway, quality, {
      topic: input.topic,
      audience: 'interested general readers',
      title: article.title,
      parts: article.parts,
      sources: ResearchOutput.parse(run.outputs['research']).sources,
    });
    return {
      ...empty,
      isMissing: false,
      passesChecks: report.errors === 0,
      headingRecall: headingSoftRecall(
        reference.headings,
        article.parts.map(({ heading }) => heading).filter((heading) => heading !== ''),
      ),
      entityRecall: entityRecall(reference.text, text),
      supportRate: report.shares.supported,
      words: countWords(text),
      judge: judged,
      limitations,
    };
  } finally {
    gateway.close();
    judgeGateway.close();
  }
}

/** Returns the error code of a failed run as its result. */
async function runOrErrorCode(
  given: Parameters<typeof runInProcess>[0],
  gateway: Gateway,
): Promise<InProcessRun | ErrorCode> {
  try {
    return await runInProcess(given, { gateway });
  } catch (error) {
    if (AppError.is(error)) return error.code;
    throw error;
  }
}

const MISSING_FIGURES = {
  isMissing: true,
  passesChecks: false,
  headingRecall: 0,
  entityRecall: 0,
  supportRate: 0,
  words: 0,
  judge: undefined,
} as const;

function openGateway(
  deps: { catalog: Catalog; providers: LlmConfig['providers'] },
  store: InMemoryGatewayStore,
): Gateway {
  return createGateway({
    catalog: deps.catalog,
    providers: createProviders(deps.providers, { clock: systemClock }),
    store,
    clock: systemClock,
    random: seededRandom(1),
    log: silentLogger(),
  });
}

function sumUsage(
  store: InMemoryGatewayStore,
): Pick<ArticleFigures, 'calls' | 'inputTokens' | 'outputTokens' | 'costNanoUsd'> {
  return {
    calls: store.ended.length,
    inputTokens: store.ended.reduce((sum, { usage }) => sum + promptTokens(usage), 0),
    outputTokens: store.ended.reduce((sum, { usage }) => sum + usage.output, 0),
    costNanoUsd: store.ended.reduce((sum, { costNanoUsd }) => sum + costNanoUsd, 0n),
  };
}

/** Returns undefined when the judge fails, so that the evaluation continues. */
async function judgeOptionally(
  gateway: Gateway,
  quality: Quality,
  facts: Parameters<typeof judgeArticle>[1],
): Promise<ArticleFigures['judge']> {
  const llm = gateway.bind({
    taskId: 'evaluation',
    tenantId: 'evaluation',
    taskType: 'article',
    lane: 'batch',
    quality,
    stepId: 'judge',
    stepKey: 'judge',
    agent: 'refine',
    stepTier: 'T3',
    generation: 1,
    journalGeneration: 1,
    attempt: 1,
    hasPriorRun: false,
    sessionId: 'evaluation',
    deadlineAtMs: systemClock.monotonicMs() + 180_000,
    signal: new AbortController().signal,
    requestBudget: { remaining: 6 },
  });
  try {
    const { score, scores } = await judgeArticle(llm, facts);
    return { score, scores: Object.fromEntries(JUDGE_CRITERIA.map((each) => [each, scores[each]])) as typeof scores };
  } catch {
    return undefined;
  }
}
