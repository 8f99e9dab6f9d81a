import { formatUsd, QUALITIES, type Quality } from '@pressroom/contracts';
import { assessNonInferiority, type JudgedPair, type NonInferiority } from '@pressroom/pipelines';

import type { ArticleFigures } from './evaluate-article.ts';

/** Means over the articles of one quality. */
export interface QualityRow {
  quality: Quality;
  articles: number;
  checksPassRate: number;
  headingRecall: number;
  entityRecall: number;
  supportRate: number;
  words: number;
  targetWords: number;
  calls: number;
  inputTokens: number;
  outputTokens: number;
  costUsd: string;
  costNanoUsd: bigint;
  judgeScore: number | null;
}

export interface Summary {
  rows: QualityRow[];
  /** For each measure, including cost: whether each quality is at least as high as the cheaper one. */
  order: { measure: string; verdict: OrderVerdict }[];
  /** Balanced against premium by the judge's score. */
  balancedAgainstPremium: NonInferiority;
}

/** Order of the means; `level` when a mean decreases insignificantly (paired, 95 % confidence). */
export type OrderVerdict = 'in order' | 'level' | 'not in order';

/** A judge's score has steps of 0.25 (one point on one of four criteria); a loss of about one step is accepted. */
const MARGIN = 0.3;

export function summariseFigures(figures: readonly ArticleFigures[]): Summary {
  const rows = QUALITIES.filter((quality) => figures.some((each) => each.quality === quality)).map((quality) =>
    rowOf(
      quality,
      figures.filter((each) => each.quality === quality),
    ),
  );
  const qualities = rows.map(({ quality }) => quality);
  return {
    rows,
    order: MEASURES.map(([measure, of]) => ({ measure, verdict: orderOf(figures, qualities, of) })),
    balancedAgainstPremium: assessNonInferiority(pairsOf(figures, 'balanced', 'premium', JUDGED), MARGIN),
  };
}

type Measure = (figures: ArticleFigures) => number | undefined;

const JUDGED: Measure = ({ judge }) => judge?.score;
const MEASURES: readonly (readonly [string, Measure])[] = [
  ['checks passed', ({ passesChecks }) => Number(passesChecks)],
  ['heading recall', ({ headingRecall }) => headingRecall],
  ['entity recall', ({ entityRecall }) => entityRecall],
  ['support rate', ({ supportRate }) => supportRate],
  ['judge', JUDGED],
  ['cost', ({ costNanoUsd }) => Number(costNanoUsd)],
];

function orderOf(figures: readonly ArticleFigures[], qualities: readonly Quality[], of: Measure): OrderVerdict {
  const verdicts = qualities.slice(1).map((higher, index): OrderVerdict => {
    const cheaper = assessNonInferiority(pairsOf(figures, qualities[index] ?? higher, higher, of), MARGIN);
    if (cheaper.meanDifference <= 0) return 'in order';
    return cheaper.lowerBound > 0 ? 'not in order' : 'level';
  });
  return verdicts.find((each) => each === 'not in order') ?? verdicts.find((each) => each === 'level') ?? 'in order';
}

function rowOf(quality: Quality, own: readonly ArticleFigures[]): QualityRow {
  const mean = (of: (figures: ArticleFigures) => number): number =>
    own.reduce((sum, each) => sum + of(each), 0) / own.length;
  const costNanoUsd = own.reduce((sum, each) => sum + each.costNanoUsd, 0n) / BigInt(own.length);
  const judged = own.flatMap(({ judge }) => (judge ? [judge.score] : []));
  return {
    quality,
    articles: own.length,
    checksPassRate: mean(({ passesChecks }) => Number(passesChecks)),
    headingRecall: mean(({ headingRecall }) => headingRecall),
    entityRecall: mean(({ entityRecall }) => entityRecall),
    supportRate: mean(({ supportRate }) => supportRate),
    words: mean(({ words }) => words),
    targetWords: mean(({ targetWords }) => targetWords),
    calls: mean(({ calls }) => calls),
    inputTokens: mean(({ inputTokens }) => inputTokens),
    outputTokens: mean(({ outputTokens }) => outputTokens),
    costNanoUsd,
    costUsd: formatUsd(costNanoUsd),
    judgeScore: judged.length === 0 ? null : judged.reduce((sum, score) => sum + score, 0) / judged.length,
  };
}

function pairsOf(
  figures: readonly ArticleFigures[],
  candidate: Quality,
  reference: Quality,
  of: Measure,
): JudgedPair[] {
  const scoreOf = (title: string, quality: Quality): number | undefined => {
    const own = figures.find((each) => each.title === title && each.quality === quality);
    return own && of(own);
  };
  return [...new Set(figures.map(({ title }) => title))].flatMap((title) => {
    const pair = { candidate: scoreOf(title, candidate), reference: scoreOf(title, reference) };
    return pair.candidate === undefined || pair.reference === undefined
      ? []
      : [{ candidate: pair.candidate, reference: pair.reference }];
  });
}
