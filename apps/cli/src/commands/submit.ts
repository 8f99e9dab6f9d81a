import type { CreateTaskRequest } from '@pressroom/contracts';

import { buildArticleTask } from '../article/build-article-task.ts';
import { parseArticleArgs } from '../article/parse-article-args.ts';
import { readSource } from '../article/read-source.ts';
import { EXIT } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';
import type { Command } from './command.ts';
import { parseFlags } from './parse-task-args.ts';

/** `pressroom submit`: a task from a JSON file, or an article from options. */
export const submit: Command = {
  name: 'submit',
  usage: 'FILE|-  |  --topic "…" [--sources FILE|URL …] [--words N] [--sections N] [--quality Q]',
  summary: 'submit a task (a JSON body, - for standard input) or an article, and print its id',
  async run(args, { connect, terminal }) {
    const { task, json } = args.some((arg) => arg.startsWith('--topic'))
      ? await articleFromOptions(args, terminal)
      : await taskFromFile(args, terminal);
    const accepted = await connect().tasks.create(task);
    terminal.out(json ? JSON.stringify(accepted) : accepted.id);
    return EXIT.ok;
  },
};

async function articleFromOptions(args: readonly string[], terminal: Terminal) {
  const parsed = parseArticleArgs(args);
  const sources = await Promise.all(parsed.sources.map((path) => readSource(path, (file) => terminal.readFile(file))));
  return { task: buildArticleTask(parsed, parsed.topic ?? '', sources), json: parsed.json };
}

async function taskFromFile(args: readonly string[], terminal: Terminal) {
  const { id: path, isSet } = parseFlags(args);
  if (path === undefined) throw new UsageError('give a JSON file with the task, - for standard input, or --topic');
  const text = path === '-' ? await terminal.readStdin() : await readBody(path, terminal);
  try {
    // The API checks it, and names every fault.
    return { task: JSON.parse(text) as CreateTaskRequest, json: isSet('json') };
  } catch {
    throw new UsageError(`${path === '-' ? 'standard input' : path} does not hold JSON`);
  }
}

async function readBody(path: string, terminal: Terminal): Promise<string> {
  try {
    return await terminal.readFile(path);
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${(error as Error).message}`);
  }
}
