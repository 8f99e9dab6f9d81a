import type { ArticleFigures } from './evaluate-article.ts';
import { renderTable, type Columns } from './render-table.ts';
import type { OrderVerdict, QualityRow, Summary } from './summarise-figures.ts';

/** Renders a summary as a Markdown page: means by quality, their order, and every article. */
export function renderSummary(
  summary: Summary,
  figures: readonly ArticleFigures[],
  facts: { isSimulated: boolean; seed: string },
): string {
  const source = facts.isSimulated
    ? `The provider is the offline simulator (seed \`${facts.seed}\`): the figures compare qualities and changes; they do not measure a model.`
    : 'The providers are those configured in the environment.';
  const { lowerBound, meanDifference, pairs, isNonInferior } = summary.balancedAgainstPremium;
  return [
    '# Articles',
    `Each article is written from the prose of one encyclopaedia article without its headings and compared with it. ${source}`,
    renderTable(QUALITY_COLUMNS, summary.rows),
    summary.order.map(({ measure, verdict }) => `- ${measure}: ${VERDICTS[verdict]}`).join('\n'),
    pairs < 2
      ? ''
      : `Balanced against premium, by the judge: mean difference ${meanDifference.toFixed(2)}, at least ` +
        `${lowerBound.toFixed(2)} with 95 % confidence over ${pairs} pairs; within a margin of 0.3: ${isNonInferior ? 'yes' : 'not shown'}.`,
    '## Every article',
    renderTable(ARTICLE_COLUMNS, figures),
  ]
    .filter((block) => block !== '')
    .join('\n\n')
    .concat('\n');
}

const VERDICTS: Readonly<Record<OrderVerdict, string>> = {
  'in order': 'premium ≥ balanced ≥ economy',
  level: 'premium ≥ balanced ≥ economy, except for insignificant differences',
  'not in order': 'NOT premium ≥ balanced ≥ economy',
};

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
const fine = (share: number): string => `${(100 * share).toFixed(1)} %`;
const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
const dollars = (nanoUsd: bigint): string => `$${(Number(nanoUsd) / 1e9).toFixed(4)}`;

const QUALITY_COLUMNS: Columns<QualityRow> = [
  ['quality', (row) => row.quality],
  ['articles', (row) => String(row.articles)],
  ['checks passed', (row) => percent(row.checksPassRate)],
  ['heading recall', (row) => fine(row.headingRecall)],
  ['entity recall', (row) => fine(row.entityRecall)],
  ['support rate', (row) => fine(row.supportRate)],
  ['judge (1–5)', (row) => row.judgeScore?.toFixed(2) ?? '–'],
  ['words / target', (row) => `${whole(row.words)} / ${whole(row.targetWords)}`],
  ['calls', (row) => row.calls.toFixed(1)],
  ['tokens in / out', (row) => `${whole(row.inputTokens)} / ${whole(row.outputTokens)}`],
  ['cost', (row) => dollars(row.costNanoUsd)],
];

const ARTICLE_COLUMNS: Columns<ArticleFigures> = [
  ['article', ({ title }) => title],
  ['quality', ({ quality }) => quality],
  ['checks', ({ passesChecks, isMissing }) => (isMissing ? 'missing' : passesChecks ? 'passed' : 'failed')],
  ['headings', ({ headingRecall }) => percent(headingRecall)],
  ['entities', ({ entityRecall }) => percent(entityRecall)],
  ['support', ({ supportRate }) => percent(supportRate)],
  ['judge', ({ judge }) => judge?.score.toFixed(2) ?? '–'],
  ['words', ({ words }) => String(words)],
  ['calls', ({ calls }) => String(calls)],
  ['cost', ({ costNanoUsd }) => dollars(costNanoUsd)],
  ['limitations', ({ limitations }) => limitations.join(', ')],
];
