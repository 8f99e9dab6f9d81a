import { parseArgs } from 'node:util';

import { RETENTION_PREVIEW_SETTINGS, type RetentionChanges, type RetentionView } from '@pressroom/contracts';

import { EXIT } from '../exit-codes.ts';
import { formatTable, type Column } from '../report/format-table.ts';
import { UsageError } from '../usage-error.ts';
import type { Command } from './command.ts';

type Rule = RetentionView['rules'][number];

const COLUMNS: readonly Column<Rule>[] = [
  { title: 'Rule', value: ({ rule }) => rule },
  { title: 'Days', value: ({ olderThanDays }) => olderThanDays?.toFixed(2) ?? '', align: 'right' },
  { title: 'Due rows', value: ({ dueRows }) => dueRows.toLocaleString('en'), align: 'right' },
  { title: 'Oldest', value: ({ oldestAt }) => oldestAt ?? '' },
  { title: 'Last run', value: ({ lastRunAt }) => lastRunAt ?? 'never' },
  { title: 'Removed', value: ({ removedTotal }) => removedTotal.toLocaleString('en'), align: 'right' },
  { title: 'Error', value: ({ error }) => error ?? '' },
];

/** `pressroom retention`: a dry run. */
export const retention: Command = {
  name: 'retention',
  usage: '[--with SETTING=AGE|null]… [--json]',
  summary: 'show what each retention rule would remove now, and remove nothing (admin key)',
  async run(args, { connect, terminal }) {
    const { changes, asJson } = parse(args);
    const view = await connect().retention(changes);
    terminal.out(asJson ? JSON.stringify(view) : formatTable(COLUMNS, view.rules));
    return EXIT.ok;
  },
};

/** @throws {UsageError} */
function parse(args: readonly string[]): { changes: RetentionChanges; asJson: boolean } {
  const { values } = parseOptions(args);
  const changes: RetentionChanges = {};
  for (const assignment of values.with ?? []) {
    const [name, value = ''] = assignment.split(/=(.*)/s);
    const setting = RETENTION_PREVIEW_SETTINGS.find((known) => known === name);
    if (!setting) throw new UsageError(`--with: ${name ?? ''} is none of ${RETENTION_PREVIEW_SETTINGS.join(', ')}`);
    if (!/^(?:\d+(?:\.\d+)?|null)$/.test(value)) throw new UsageError(`--with ${setting}: give a number or null`);
    changes[setting] = value === 'null' ? null : Number(value);
  }
  return { changes, asJson: values.json === true };
}

function parseOptions(args: readonly string[]) {
  const options = { with: { type: 'string', multiple: true }, json: { type: 'boolean' } } as const;
  try {
    return parseArgs({ args: [...args], options });
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0] ?? 'unknown option');
  }
}
