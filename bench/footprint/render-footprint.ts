import type { Footprint } from './measure-footprint.ts';

const bytes = (value: number): string => Math.round(value).toLocaleString('en');

/** The figures as a Markdown page. */
export function renderFootprint(
  footprints: readonly Footprint[],
  facts: { startedAt: string; commit: string },
): string {
  const summary = footprints.map(
    ({ label, tasks, outputBytes, totalBytes }) =>
      `| ${label} | ${bytes(tasks)} | ${bytes(totalBytes)} | ${bytes(outputBytes)} | **${bytes(totalBytes - outputBytes)}** |`,
  );
  const tables = footprints.map(({ label, parts }) =>
    [
      `## ${label}`,
      '',
      '| table | part | bytes a task |',
      '| ----- | ---- | -----------: |',
      ...parts.map(({ table, part, bytesPerTask }) => `| ${table} | ${part} | ${bytes(bytesPerTask)} |`),
    ].join('\n'),
  );
  return `${[
    '# Storage per task in PostgreSQL',
    `Workload W: six steps with outputs of 2,048 bytes each that hardly compress. Measured ${facts.startedAt}, commit ${facts.commit}, after VACUUM FULL; indexes and TOAST included.`,
    [
      '| when | tasks | bytes a task | of these outputs | beyond outputs |',
      '| --- | --: | --: | --: | --: |',
      ...summary,
    ].join('\n'),
    ...tables,
  ].join('\n\n')}\n`;
}
