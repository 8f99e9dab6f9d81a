export type Columns<Row> = readonly (readonly [title: string, show: (row: Row) => string])[];

/** Renders rows as a Markdown table. */
export function renderTable<Row>(columns: Columns<Row>, rows: readonly Row[]): string {
  const cells = [
    columns.map(([title]) => title),
    columns.map(() => '---'),
    ...rows.map((row) => columns.map(([, show]) => show(row).replaceAll('|', '\\|').replace(/\s+/g, ' '))),
  ];
  return cells.map((line) => `| ${line.join(' | ')} |`).join('\n');
}
