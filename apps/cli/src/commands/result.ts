import { EXIT } from '../exit-codes.ts';
import type { Command } from './command.ts';
import { parseTaskArgs } from './parse-task-args.ts';

/** `pressroom result`: the document, as Markdown unless told otherwise. */
export const result: Command = {
  name: 'result',
  usage: 'ID [--html] [--partial] [--json]',
  summary: 'print the finished document',
  async run(args, { connect, terminal }) {
    const { id, isSet } = parseTaskArgs(args, ['html', 'partial']);
    const partial = isSet('partial');
    const { tasks } = connect();
    if (isSet('json')) terminal.out(JSON.stringify(await tasks.result(id, { partial })));
    else terminal.out((await tasks.document(id, isSet('html') ? 'html' : 'markdown', { partial })).trimEnd());
    return EXIT.ok;
  },
};
