import type { CreateTaskRequest } from '@pressroom/contracts';

import { readSource } from '../article/read-source.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';
import type { InputOption } from './input-options.ts';
import type { TaskOptions } from './parse-task-options.ts';

/**
 * The submission that the options describe. Files are read; everything else is the API's to check, which names every fault.
 * @throws {UsageError} when a file cannot be read or a number is none
 */
export async function buildTask(
  type: string,
  options: readonly InputOption[],
  given: TaskOptions,
  terminal: Terminal,
): Promise<CreateTaskRequest> {
  const input: Record<string, unknown> = {};
  for (const option of options) {
    const words = given.input.get(option.field);
    if (words) input[option.field] = await toValue(option, words, terminal);
  }
  const { task } = given;
  const priority = task.get('priority');
  const tag = task.get('tag');
  return {
    type,
    input,
    ...(task.has('quality') && { quality: task.get('quality') as CreateTaskRequest['quality'] }),
    ...(task.has('lane') && { lane: task.get('lane') as CreateTaskRequest['lane'] }),
    ...(priority !== undefined && { priority: toNumber('priority', priority) }),
    ...(task.has('budget-usd') && { budgetUsd: task.get('budget-usd') }),
    ...(tag !== undefined && { tags: tag.split(',').map((each) => each.trim()) }),
  };
}

function toValue(option: InputOption, words: readonly string[], terminal: Terminal): unknown {
  const [first = ''] = words;
  switch (option.form) {
    case 'flag':
      return true;
    case 'number':
      return toNumber(option.name, first);
    case 'text':
      return readText(first, terminal);
    case 'texts':
      return words;
    case 'sources':
      return Promise.all(words.map((word) => readSource(word, (path) => terminal.readFile(path))));
    case 'named':
      return words.map(toNamed);
  }
}

/** `@FILE` and `@-` stand for what a file or standard input holds. */
async function readText(word: string, terminal: Terminal): Promise<string> {
  if (!word.startsWith('@')) return word;
  const path = word.slice(1);
  if (path === '-') return terminal.readStdin();
  try {
    return await terminal.readFile(path);
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${(error as Error).message}`);
  }
}

/** `Delivery: late or lost parcels`; the description may be left out. */
function toNamed(word: string): { name: string; description?: string } {
  const [, name = word, description] = /^([^:]+):\s+(\S.*)$/s.exec(word) ?? [];
  return { name: name.trim(), ...(description !== undefined && { description: description.trim() }) };
}

function toNumber(name: string, word: string): number {
  const number = Number(word);
  if (word.trim() === '' || !Number.isFinite(number)) {
    throw new UsageError(`--${name} must be a number, got ${JSON.stringify(word)}`);
  }
  return number;
}
