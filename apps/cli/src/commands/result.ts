import { parseArgs } from 'node:util';

import { EXIT } from '../exit-codes.ts';
import { UsageError } from '../usage-error.ts';
import type { Command } from './command.ts';

const OPTIONS = {
  html: { type: 'boolean' },
  partial: { type: 'boolean' },
  generation: { type: 'string' },
  json: { type: 'boolean' },
} as const;

/** `pressroom result`: the document, as Markdown unless another form is requested. */
export const result: Command = {
  name: 'result',
  usage: 'ID [--html] [--partial] [--generation N] [--json]',
  summary: 'print the finished document, with --generation that of before a retry',
  async run(args, { connect, terminal }) {
    const { values, id } = parse(args);
    const { html = false, partial = false, json = false } = values;
    const generation = values.generation === undefined ? undefined : Number(values.generation);
    if (generation !== undefined && !(Number.isSafeInteger(generation) && generation > 0))
      throw new UsageError('--generation: give a whole number from 1');
    const { tasks } = connect();
    const options = { partial, ...(generation !== undefined && { generation }) };
    if (json) terminal.out(JSON.stringify(await tasks.result(id, options)));
    else terminal.out((await tasks.document(id, html ? 'html' : 'markdown', options)).trimEnd());
    return EXIT.ok;
  },
};

/** @throws {UsageError} */
function parse(args: readonly string[]) {
  const { values, positionals } = parseKnown(args);
  const [id, extra] = positionals;
  if (id === undefined) throw new UsageError('which task? give its id');
  if (extra !== undefined) throw new UsageError(`unexpected argument: ${extra}`);
  return { values, id };
}

function parseKnown(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0] ?? 'unknown option');
  }
}
