import { describe, expect, it } from 'vitest';
import { ClassifyInput } from './classify-task.ts';
import { HeadlinesInput } from './headlines-task.ts';
import { RewriteInput } from './rewrite-task.ts';
import { ArticleInput } from './task-input.ts';

describe('a text to work from', () => {
  const labels = [{ name: 'a' }, { name: 'b' }];
  it.each([
    ['an article’s source', (text: string) => ArticleInput.safeParse({ topic: 'Trees', sources: [{ text }] })],
    ['a rewriting’s text', (text: string) => RewriteInput.safeParse({ text, audience: 'children' })],
    ['a text to classify', (text: string) => ClassifyInput.safeParse({ text, labels })],
    ['a text to find headlines for', (text: string) => HeadlinesInput.safeParse({ text })],
  ])('%s contains a letter or digit, in any script', (_what, parse) => {
    for (const text of ['…', '—\n***', '🌳']) {
      expect(parse(text).error?.issues[0]?.message).toBe('must contain at least one letter or digit');
    }
    for (const text of ['Trees.', '7', '木', 'дерево']) expect(parse(text).success).toBe(true);
  });
});
