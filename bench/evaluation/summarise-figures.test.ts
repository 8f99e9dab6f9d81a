import type { Quality } from '@pressroom/contracts';
import { describe, expect, it } from 'vitest';
import type { ArticleFigures } from './evaluate-article.ts';
import { renderSummary } from './render-summary.ts';
import { summariseFigures } from './summarise-figures.ts';

const figures = (title: string, quality: Quality, recall: number, costNanoUsd: bigint): ArticleFigures => ({
  title,
  quality,
  isMissing: false,
  passesChecks: true,
  headingRecall: recall,
  entityRecall: 0.5,
  supportRate: 1,
  words: 790,
  targetWords: 800,
  calls: 10,
  inputTokens: 1_000,
  outputTokens: 500,
  costNanoUsd,
  judge: { score: 4, scores: { interest: 4, organisation: 4, relevance: 4, coverage: 4 } },
  limitations: [],
});
const twenty = (quality: Quality, recall: (index: number) => number, cost: bigint): ArticleFigures[] =>
  Array.from({ length: 20 }, (_unused, index) => figures(`a${index}`, quality, recall(index), cost));
const verdict = (all: ArticleFigures[], measure: string) =>
  summariseFigures(all).order.find((each) => each.measure === measure)?.verdict;

describe('summariseFigures', () => {
  it('computes means over the articles of each quality, cheapest first', () => {
    const { rows } = summariseFigures([
      ...twenty('premium', () => 0.4, 3_000n),
      ...twenty('economy', (index) => index / 20, 1_000n),
    ]);
    expect(rows.map(({ quality, articles, costNanoUsd }) => [quality, articles, costNanoUsd])).toEqual([
      ['economy', 20, 1_000n],
      ['premium', 20, 3_000n],
    ]);
    expect(rows[0]?.headingRecall).toBeCloseTo(0.475);
  });

  it('distinguishes a significant decrease from an insignificant one', () => {
    const economy = twenty('economy', () => 0.2, 1_000n);
    const noisy = twenty('balanced', (index) => 0.199 + (index % 2 === 0 ? 0.1 : -0.1), 2_000n);
    const worse = twenty('balanced', (index) => 0.1 + index / 1_000, 2_000n);
    const better = twenty('balanced', () => 0.3, 2_000n);
    expect(verdict([...economy, ...better], 'heading recall')).toBe('in order');
    expect(verdict([...economy, ...noisy], 'heading recall')).toBe('level');
    expect(verdict([...economy, ...worse], 'heading recall')).toBe('not in order');
    expect(verdict([...economy, ...better], 'cost')).toBe('in order');
  });

  it('is rendered as tables that state a simulated provider', () => {
    const all = [...twenty('balanced', () => 0.3, 2_000n), ...twenty('premium', () => 0.3, 3_000n)];
    const page = renderSummary(summariseFigures(all), all, { isSimulated: true, seed: 's' });
    expect(page).toContain('offline simulator');
    expect(page).toContain('| balanced | 20 | 100 % | 30.0 % |');
    expect(page).toContain('Balanced against premium');
  });
});
