import { EXIT } from '../exit-codes.ts';
import { formatTable } from '../report/format-table.ts';
import { UsageError } from '../usage-error.ts';
import type { Command } from './command.ts';
import { parseFlags } from './parse-task-args.ts';

/** `pressroom task-types`: what can be submitted. */
export const taskTypes: Command = {
  name: 'task-types',
  usage: '[--json]',
  summary: 'list the task types (--json: with the schemas of their inputs)',
  async run(args, { connect, terminal }) {
    const { id, isSet } = parseFlags(args);
    if (id !== undefined) throw new UsageError(`unexpected argument: ${id}`);
    const list = await connect().taskTypes();
    if (isSet('json')) terminal.out(JSON.stringify(list));
    else {
      const columns = [
        { title: 'Type', value: ({ type }: { type: string }) => type },
        { title: 'What it makes', value: ({ description }: { description: string }) => description },
      ];
      terminal.out(formatTable<(typeof list.items)[number]>(columns, list.items));
    }
    return EXIT.ok;
  },
};
