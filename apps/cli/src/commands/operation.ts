import type { OperationView } from '@pressroom/contracts';

import { EXIT } from '../exit-codes.ts';
import { formatTable, type Column } from '../report/format-table.ts';
import type { Command } from './command.ts';
import { parseFlags } from './parse-task-args.ts';

const COLUMNS: readonly Column<OperationView>[] = [
  { title: 'Operation', value: ({ id }) => id },
  { title: 'Kind', value: ({ kind }) => kind },
  { title: 'Status', value: ({ status, dryRun }) => (dryRun ? 'dry run' : status) },
  { title: 'Matched', value: ({ matched }) => matched.toLocaleString('en'), align: 'right' },
  { title: 'Done', value: ({ done }) => done.toLocaleString('en'), align: 'right' },
  { title: 'Failed', value: ({ failed }) => failed.toLocaleString('en'), align: 'right' },
  { title: 'Last error', value: ({ lastError }) => lastError?.message ?? '' },
];

/** `pressroom operation`: progress of bulk operations. */
export const operation: Command = {
  name: 'operation',
  usage: '[ID [--abort]] [--json]',
  summary: 'show bulk operations and how far they are, or abort one',
  async run(args, { connect, terminal }) {
    const { id, isSet } = parseFlags(args, ['abort']);
    const { operations } = connect();
    const items =
      id === undefined
        ? (await operations.list()).items
        : [await (isSet('abort') ? operations.abort(id) : operations.get(id))];
    terminal.out(isSet('json') ? JSON.stringify(id === undefined ? items : items[0]) : formatTable(COLUMNS, items));
    return EXIT.ok;
  },
};
