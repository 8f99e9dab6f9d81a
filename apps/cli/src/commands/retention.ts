import type { RetentionView } from '@pressroom/contracts';

import { EXIT } from '../exit-codes.ts';
import { formatTable, type Column } from '../report/format-table.ts';
import { UsageError } from '../usage-error.ts';
import type { Command } from './command.ts';
import { parseFlags } from './parse-task-args.ts';

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
  usage: '[--json]',
  summary: 'show what each retention rule would remove now, and remove nothing (admin key)',
  async run(args, { connect, terminal }) {
    const { id, isSet } = parseFlags(args);
    if (id !== undefined) throw new UsageError(`unexpected argument: ${id}`);
    const view = await connect().retention();
    terminal.out(isSet('json') ? JSON.stringify(view) : formatTable(COLUMNS, view.rules));
    return EXIT.ok;
  },
};
