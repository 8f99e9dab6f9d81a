import { describe, expect, it } from 'vitest';

import { UsageError } from '../usage-error.ts';
import { parseArticleArgs } from './parse-article-args.ts';

const parse = (line: string) => parseArticleArgs(line === '' ? [] : line.split(' '));

describe('parseArticleArgs', () => {
  it('needs nothing', () => {
    expect(parse('')).toEqual({
      topic: undefined,
      sources: [],
      words: undefined,
      sections: undefined,
      quality: undefined,
      json: false,
      help: false,
    });
  });

  it('takes every word after --sources, up to the next option', () => {
    expect(parse('--topic Bees --sources a.md b.md https://c.example --words 800')).toMatchObject({
      topic: 'Bees',
      sources: ['a.md', 'b.md', 'https://c.example'],
      words: 800,
    });
  });

  it('takes --sources more than once, and with an equals sign', () => {
    expect(parse('--topic Bees --sources=a.md --sources b.md').sources).toEqual(['a.md', 'b.md']);
  });

  it('takes numbers, a quality and --json', () => {
    expect(parse('--sections 4 --quality premium --json')).toMatchObject({
      sections: 4,
      quality: 'premium',
      json: true,
    });
  });

  it.each([
    { line: '--wrods 5', says: "Unknown option '--wrods'" },
    { line: 'a.md', says: 'unexpected argument: a.md' },
    { line: '--sources a.md', says: '--sources needs --topic' },
    { line: '--words many', says: '--words must be a whole number, got "many"' },
    { line: '--words -5', says: '--words' },
    { line: '--sections 1.5', says: '--sections must be a whole number' },
    { line: '--quality best', says: '--quality must be one of economy, balanced, premium, got "best"' },
    { line: '--topic', says: "'--topic <value>' argument missing" },
  ])('refuses $line with a reason', ({ line, says }) => {
    expect(() => parse(line)).toThrow(UsageError);
    expect(() => parse(line)).toThrow(says);
  });
});
