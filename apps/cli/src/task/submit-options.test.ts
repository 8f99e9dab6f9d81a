import {
  ArticleInput,
  BriefInput,
  ClassifyInput,
  HeadlinesInput,
  RewriteInput,
  SummaryInput,
} from '@pressroom/contracts';
import { describe, expect, it } from 'vitest';
import { z, type ZodType } from 'zod';

import { createFakeTerminal } from '../testing/fakes.ts';
import { buildTask } from './build-task.ts';
import { inputOptions } from './input-options.ts';
import { parseTaskOptions } from './parse-task-options.ts';

const FILES = { 'notes.md': '# Notes\n\nTrees cool.', 'letter.txt': 'My parcel is late.' };

async function taskOf(type: string, schema: ZodType, args: string[], stdin = '') {
  const options = inputOptions({ inputSchema: z.toJSONSchema(schema, { io: 'input' }) });
  const { terminal } = createFakeTerminal(FILES, stdin);
  return buildTask(type, options, parseTaskOptions(['--type', type, ...args], type, options), terminal);
}

describe('the options of a task type', () => {
  it.each<{ type: string; schema: ZodType; args: string[]; input: unknown }>([
    {
      type: 'article',
      schema: ArticleInput,
      args: ['--topic', 'Trees', '--target-words', '300', '--sources', 'notes.md', 'https://a.example/x'],
      input: {
        topic: 'Trees',
        targetWords: 300,
        sources: [{ title: 'Notes', text: '# Notes\n\nTrees cool.' }, { url: 'https://a.example/x' }],
      },
    },
    {
      type: 'brief',
      schema: BriefInput,
      args: ['--topic=Trees', '--goal', 'Plant one.', '--keywords', 'heat', 'shade', '--language', 'en'],
      input: { topic: 'Trees', goal: 'Plant one.', keywords: ['heat', 'shade'], language: 'en' },
    },
    {
      type: 'summary',
      schema: SummaryInput,
      args: ['--sources', 'notes.md', '--key-points', '3'],
      input: { sources: [{ title: 'Notes', text: '# Notes\n\nTrees cool.' }], keyPoints: 3 },
    },
    {
      type: 'rewrite',
      schema: RewriteInput,
      args: ['--text', '@letter.txt', '--tone', 'formal', '--style-guide', 'No emoji.'],
      input: { text: 'My parcel is late.', tone: 'formal', styleGuide: 'No emoji.' },
    },
    {
      type: 'headlines',
      schema: HeadlinesInput,
      args: ['--text', '@-', '--count', '7', '--angles', 'numbers', 'people'],
      input: { text: 'From standard input.', count: 7, angles: ['numbers', 'people'] },
    },
    {
      type: 'classify',
      schema: ClassifyInput,
      args: ['--text', 'Late.', '--labels', 'Delivery: late or lost parcels', 'Praise', '--multi'],
      input: {
        text: 'Late.',
        labels: [{ name: 'Delivery', description: 'late or lost parcels' }, { name: 'Praise' }],
        multi: true,
      },
    },
  ])('fill every field of $type', async ({ type, schema, args, input }) => {
    const task = await taskOf(type, schema, args, 'From standard input.');
    expect(task).toEqual({ type, input });
    expect(schema.safeParse(task.input).error).toBeUndefined();
  });

  it('leave the options of the task itself out of its input', async () => {
    const args = ['--topic', 'Bees', '--quality', 'premium', '--priority', '1', '--budget-usd', '0.5', '--tag', 'a, b'];
    expect(await taskOf('article', ArticleInput, args)).toEqual({
      type: 'article',
      input: { topic: 'Bees' },
      quality: 'premium',
      priority: 1,
      budgetUsd: '0.5',
      tags: ['a', 'b'],
    });
  });

  it.each([
    { args: ['--topic', 'x', 'y'], says: 'unexpected argument: y' },
    { args: ['--lenght', '3'], says: 'headlines takes [--topic "…"|@FILE]' },
    { args: ['--count', 'many'], says: '--count must be a number, got "many"' },
    { args: ['--text', '@gone.txt'], says: 'cannot read gone.txt: no such file' },
  ])('say what is wrong with $args', async ({ args, says }) => {
    await expect(taskOf('headlines', HeadlinesInput, args)).rejects.toThrow(says);
  });
});
