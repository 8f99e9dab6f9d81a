import { parseArgs, type ParseArgsConfig } from 'node:util';

import { UsageError } from '../usage-error.ts';
import { describeOptions, type InputOption } from './input-options.ts';

/** What was given after each option, and the options of the task itself. */
export interface TaskOptions {
  /** By field; flags have no words. */
  input: ReadonlyMap<string, readonly string[]>;
  task: ReadonlyMap<TaskField, string>;
  json: boolean;
}

/** Options that every task has, whatever its type. */
export const TASK_FIELDS = ['quality', 'lane', 'priority', 'budget-usd', 'tag'] as const;
export type TaskField = (typeof TASK_FIELDS)[number];

/**
 * Parses `--type T` with the options of that type. An option that takes a list takes every word up to the next option.
 * @throws {UsageError}
 */
export function parseTaskOptions(args: readonly string[], type: string, options: readonly InputOption[]): TaskOptions {
  const byName = new Map(options.map((option) => [option.name, option]));
  const config: NonNullable<ParseArgsConfig['options']> = { type: { type: 'string' }, json: { type: 'boolean' } };
  for (const { name, form } of options) config[name] = { type: form === 'flag' ? 'boolean' : 'string' };
  for (const name of TASK_FIELDS) config[name] = { type: 'string' };

  const input = new Map<string, string[]>();
  const task = new Map<TaskField, string>();
  let json = false;
  let list: string[] | undefined;
  for (const token of tokensOf(args, config, type, options)) {
    if (token.kind === 'positional') {
      if (!list) throw new UsageError(`unexpected argument: ${token.value}`);
      list.push(token.value);
    } else if (token.kind === 'option') {
      list = undefined;
      const option = byName.get(token.name);
      if (option) list = remember(input, option, token.value);
      else if (token.name === 'json') json = true;
      else if (isTaskField(token.name)) task.set(token.name, token.value ?? '');
    }
  }
  return { input, task, json };
}

function tokensOf(
  args: readonly string[],
  options: NonNullable<ParseArgsConfig['options']>,
  type: string,
  known: readonly InputOption[],
) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, tokens: true }).tokens;
  } catch (error) {
    // Only its first sentence is for people; the rest explains the parser.
    const reason = (error as Error).message.split('. ')[0] ?? 'unknown option';
    throw new UsageError(`${reason}\n${type} takes ${describeOptions(known)}`);
  }
}

/** Answers the list that further words belong to; undefined when the option takes but one. */
function remember(input: Map<string, string[]>, option: InputOption, value: string | undefined): string[] | undefined {
  const isList = option.form === 'texts' || option.form === 'sources' || option.form === 'named';
  const words = isList ? (input.get(option.field) ?? []) : [];
  if (value !== undefined) words.push(value);
  input.set(option.field, words);
  return isList ? words : undefined;
}

const isTaskField = (name: string): name is TaskField => (TASK_FIELDS as readonly string[]).includes(name);
