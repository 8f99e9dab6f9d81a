import { EXIT } from '../exit-codes.ts';
import type { Command } from './command.ts';
import { parseTaskArgs } from './parse-task-args.ts';

/** `pressroom cancel`. */
export const cancel: Command = {
  name: 'cancel',
  usage: 'ID [--json]',
  summary: 'cancel a task; what it spent stays on the ledger',
  async run(args, { connect, terminal }) {
    const { id, isSet } = parseTaskArgs(args);
    const cancelled = await connect().tasks.cancel(id);
    terminal.out(isSet('json') ? JSON.stringify(cancelled) : `${cancelled.id} ${cancelled.status}`);
    return EXIT.ok;
  },
};
