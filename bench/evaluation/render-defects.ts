import type { RepairedCase, PlantedCase } from '@pressroom/testkit';

import { renderTable, type Columns } from './render-table.ts';

interface Row {
  planted: PlantedCase;
  mended: RepairedCase;
}

/** Planted defects and what became of them, as a Markdown page. */
export function renderDefects(rows: readonly Row[], isSimulated: boolean): string {
  const kinds = [...new Set(rows.map(({ planted }) => planted.kind))];
  return [
    '# Planted defects',
    'One defect at a time is planted into an article that is sound otherwise; the refine agent, at premium quality, is to ' +
      `find and mend it and to leave every other paragraph byte for byte. ${isSimulated ? 'The provider is the offline simulator.' : 'The providers are those configured in the environment.'}`,
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
  ['found', ({ rows }) => count(rows, ({ mended }) => mended.foundBy.length > 0)],
  ['removed', ({ rows }) => count(rows, ({ mended }) => mended.isRemoved)],
  ['other paragraphs unchanged', ({ rows }) => count(rows, ({ mended }) => mended.otherParagraphsChanged === 0)],
  ['contract kept afterwards', ({ rows }) => count(rows, ({ mended }) => mended.qualityErrors === 0)],
];

const clip = (text: string): string => (text.length > 90 ? `${text.slice(0, 87)}…` : text);

const CASE_COLUMNS: Columns<Row> = [
  ['kind', ({ planted }) => planted.kind],
  ['part', ({ planted }) => planted.part],
  ['fault', ({ planted }) => clip(planted.fault)],
  ['found by', ({ mended }) => mended.foundBy.join(', ')],
  ['edits', ({ mended }) => String(mended.edits.length)],
  [
    'becomes',
    ({ mended }) => clip(mended.edits.map(({ replace }) => (replace === '' ? '(deleted)' : replace)).join(' ')),
  ],
  ['others changed', ({ mended }) => String(mended.otherParagraphsChanged)],
];
