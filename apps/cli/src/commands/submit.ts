import type { PressroomClient } from '@pressroom/client';
import type { CreateTaskRequest } from '@pressroom/contracts';

import { buildArticleTask } from '../article/build-article-task.ts';
import { parseArticleArgs } from '../article/parse-article-args.ts';
import { readSource } from '../article/read-source.ts';
import { EXIT } from '../exit-codes.ts';
import { buildTask } from '../task/build-task.ts';
import { inputOptions } from '../task/input-options.ts';
import { parseTaskOptions } from '../task/parse-task-options.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';
import type { Command, CommandContext } from './command.ts';
import { parseFlags } from './parse-task-args.ts';

/** `pressroom submit`: a task from a JSON file, of any type from options, or an article from a topic. */
export const submit: Command = {
  name: 'submit',
  usage: 'FILE|-  |  --type T --FIELD VALUE …  |  --topic "…" [--sources FILE|URL …] [--words N] [--sections N]',
  summary:
    'submit a task (a JSON body, - for standard input; or any type by the fields of its input, which task-types lists) or ' +
    'an article, and print its id',
  async run(args, context) {
    const { task, json } = await readTask(args, context);
    const { connect, terminal } = context;
    const accepted = await connect().tasks.create(task);
    terminal.out(json ? JSON.stringify(accepted) : accepted.id);
    return EXIT.ok;
  },
};

function readTask(args: readonly string[], { connect, terminal }: CommandContext) {
  const type = typeOf(args);
  if (type !== undefined) return taskFromOptions(args, type, connect(), terminal);
  return args.some((arg) => arg.startsWith('--topic'))
    ? articleFromOptions(args, terminal)
    : taskFromFile(args, terminal);
}

function typeOf(args: readonly string[]): string | undefined {
  const at = args.findIndex((arg) => arg === '--type' || arg.startsWith('--type='));
  if (at < 0) return undefined;
  const type = args[at]?.startsWith('--type=') === true ? args[at].slice('--type='.length) : args[at + 1];
  if (type === undefined || type === '' || type.startsWith('-')) throw new UsageError('--type needs a task type');
  return type;
}

async function taskFromOptions(args: readonly string[], type: string, client: PressroomClient, terminal: Terminal) {
  const { items } = await client.taskTypes();
  const found = items.find((item) => item.type === type);
  if (!found) throw new UsageError(`unknown task type ${type}; known: ${items.map((item) => item.type).join(', ')}`);
  const options = inputOptions(found);
  const given = parseTaskOptions(args, type, options);
  return { task: await buildTask(type, options, given, terminal), json: given.json };
}

async function articleFromOptions(args: readonly string[], terminal: Terminal) {
  const parsed = parseArticleArgs(args);
  const sources = await Promise.all(parsed.sources.map((path) => readSource(path, (file) => terminal.readFile(file))));
  return { task: buildArticleTask(parsed, parsed.topic ?? '', sources), json: parsed.json };
}

async function taskFromFile(args: readonly string[], terminal: Terminal) {
  const { id: path, isSet } = parseFlags(args);
  if (path === undefined)
    throw new UsageError('give a JSON file with the task, - for standard input, --type or --topic');
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
