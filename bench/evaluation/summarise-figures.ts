import { formatUsd, QUALITIES, type Quality } from '@pressroom/contracts';
import { assessNonInferiority, type NonInferiority } from '@pressroom/pipelines';

import type { ArticleFigures } from './evaluate-article.ts';

/** Means over the articles of one quality. */
export interface QualityRow {
  quality: Quality;
  articles: number;
  contractPassRate: number;
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
  /** Is each quality at least as good as the cheaper one, by each measure, and dearer? */
  order: { measure: string; holds: boolean }[];
  /** Balanced against premium on the judge's score: how much the cheaper way loses at most. */
  balancedAgainstPremium: NonInferiority;
}

/** Half a criterion's step on one of four criteria is as fine as a judge's score gets; a loss below this is none. */
const MARGIN = 0.3;

export function summariseFigures(figures: readonly ArticleFigures[]): Summary {
  const rows = QUALITIES.filter((quality) => figures.some((each) => each.quality === quality)).map((quality) =>
    rowOf(
      quality,
      figures.filter((each) => each.quality === quality),
    ),
  );
  const rises = (of: (row: QualityRow) => number): boolean =>
    rows.every((row, index) => index === 0 || of(row) >= of(rows[index - 1] ?? row));
  const measures: [string, (row: QualityRow) => number][] = [
    ['contract pass rate', (row) => row.contractPassRate],
    ['heading recall', (row) => row.headingRecall],
    ['entity recall', (row) => row.entityRecall],
    ['support rate', (row) => row.supportRate],
    ['judge', (row) => row.judgeScore ?? 0],
    ['cost', (row) => Number(row.costNanoUsd)],
  ];
  return {
    rows,
    order: measures.map(([measure, of]) => ({ measure, holds: rises(of) })),
    balancedAgainstPremium: assessNonInferiority(pairsOf(figures, 'balanced', 'premium'), MARGIN),
  };
}

function rowOf(quality: Quality, own: readonly ArticleFigures[]): QualityRow {
  const mean = (of: (figures: ArticleFigures) => number): number =>
    own.reduce((sum, each) => sum + of(each), 0) / own.length;
  const costNanoUsd = own.reduce((sum, each) => sum + each.costNanoUsd, 0n) / BigInt(own.length);
  const judged = own.flatMap(({ judge }) => (judge ? [judge.score] : []));
  return {
    quality,
    articles: own.length,
    contractPassRate: mean(({ keepsContract }) => Number(keepsContract)),
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

function pairsOf(figures: readonly ArticleFigures[], candidate: Quality, reference: Quality) {
  const scoreOf = (title: string, quality: Quality): number | undefined =>
    figures.find((each) => each.title === title && each.quality === quality)?.judge?.score;
  return [...new Set(figures.map(({ title }) => title))].flatMap((title) => {
    const pair = { candidate: scoreOf(title, candidate), reference: scoreOf(title, reference) };
    return pair.candidate === undefined || pair.reference === undefined
      ? []
      : [{ candidate: pair.candidate, reference: pair.reference }];
  });
}
