import type { RepairedCase, PlantedCase } from '@pressroom/testkit';

import { renderTable, type Columns } from './render-table.ts';

interface Row {
  planted: PlantedCase;
  repaired: RepairedCase;
}

/** Renders planted defects and their repairs as a Markdown page. */
export function renderDefects(rows: readonly Row[], isSimulated: boolean): string {
  const kinds = [...new Set(rows.map(({ planted }) => planted.kind))];
  return [
    '# Planted defects',
    'One defect at a time is planted into an otherwise sound article; the refine agent, at premium quality, must find ' +
      `and repair it and leave every other paragraph byte-identical. ${isSimulated ? 'The provider is the offline simulator.' : 'The providers are those configured in the environment.'}`,
    renderTable(
      KIND_COLUMNS,
      kinds.map((kind) => ({ kind, rows: rows.filter(({ planted }) => planted.kind === kind) })),
    ),
    '## Every case',
    renderTable(CASE_COLUMNS, rows),
  ]
    .join('\n\n')
    .concat('\n');
}

const count = (rows: readonly Row[], holds: (row: Row) => boolean): string =>
  `${rows.filter(holds).length} / ${rows.length}`;

const KIND_COLUMNS: Columns<{ kind: string; rows: Row[] }> = [
  ['kind', ({ kind }) => kind],
  ['found', ({ rows }) => count(rows, ({ repaired }) => repaired.foundBy.length > 0)],
  ['removed', ({ rows }) => count(rows, ({ repaired }) => repaired.isRemoved)],
  ['other paragraphs unchanged', ({ rows }) => count(rows, ({ repaired }) => repaired.otherParagraphsChanged === 0)],
  ['checks passed afterwards', ({ rows }) => count(rows, ({ repaired }) => repaired.qualityErrors === 0)],
];

const clip = (text: string): string => (text.length > 90 ? `${text.slice(0, 87)}…` : text);

const CASE_COLUMNS: Columns<Row> = [
  ['kind', ({ planted }) => planted.kind],
  ['part', ({ planted }) => planted.part],
  ['fault', ({ planted }) => clip(planted.fault)],
  ['found by', ({ repaired }) => repaired.foundBy.join(', ')],
  ['edits', ({ repaired }) => String(repaired.edits.length)],
  [
    'becomes',
    ({ repaired }) => clip(repaired.edits.map(({ replace }) => (replace === '' ? '(deleted)' : replace)).join(' ')),
  ],
  ['others changed', ({ repaired }) => String(repaired.otherParagraphsChanged)],
];
