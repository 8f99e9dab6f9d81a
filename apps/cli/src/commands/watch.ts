import { EXIT } from '../exit-codes.ts';
import { createEventDescriber } from '../progress/describe-event.ts';
import type { Command } from './command.ts';
import { parseTaskArgs } from './parse-task-args.ts';

/** `pressroom watch`: progress until the task ends; fails when the task does. */
export const watch: Command = {
  name: 'watch',
  usage: 'ID [--json]',
  summary: 'show a task’s events until it ends (--json: one event a line)',
  async run(args, { connect, terminal }) {
    const { id, isSet } = parseTaskArgs(args);
    const client = connect();
    const describe = createEventDescriber();
    for await (const event of client.tasks.events(id)) {
      const line = isSet('json') ? JSON.stringify(event) : describe(event);
      if (line !== undefined) terminal.out(line);
    }
    const { status, error } = await client.tasks.get(id);
    if (status === 'completed' || status === 'partial') return EXIT.ok;
    terminal.err(`The task ${status}${error === undefined ? '' : `: ${error.code}: ${error.message}`}`);
    return EXIT.failed;
  },
};
