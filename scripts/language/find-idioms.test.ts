import { describe, expect, it } from 'vitest';

import { findIdioms, TITLE } from './find-idioms.ts';

const found = (path: string, source: string): string[] =>
  findIdioms(path, source).map(({ line, found: words }) => `${line} ${words}`);

describe('the language check', () => {
  it.each([
    ['a comment', 'a.ts', 'const a = 1;\n// The worker is told to end.\n', ['2 told']],
    [
      'a docstring over two lines',
      'a.ts',
      '/**\n * A task that nobody\n * owns goes\n * on.\n */\nexport const a = 1;\n',
      ['2 nobody', '3 goes on'],
    ],
    ['a string', 'a.ts', "throw new Error('given up after 3 tries');\n", ['1 given up']],
    ['the parts of an identifier', 'a.ts', 'const mendedText = 1;\n', ['1 mended']],
    ['a constant', 'a.ts', 'const BEGUN_STEPS = 1;\n', ['1 begun']],
    ['a template', 'a.ts', 'const a = `x ${1} stands still`;\n', ['1 stands still']],
    ['SQL', 'a.sql', 'SELECT 1;\n-- kick the dispatcher\n', ['2 kick']],
    ['Markdown', 'a.md', '# A\n\nIt goes on.\n', ['3 goes on']],
  ])('finds an idiom in %s', (_title, path, source, expected) => {
    expect(found(path, source)).toEqual(expected);
  });

  it('leaves code in Markdown to the files that define it', () => {
    expect(found('a.md', '`mend/1` and\n\n```sh\nkick\n```\n')).toEqual([]);
  });

  it('accepts the terms of the field', () => {
    expect(found('a.ts', "// The heartbeat renews the session.\nconst requestDispatch = 'retry';\n")).toEqual([]);
  });
});

describe('titles of commits', () => {
  it.each(['fix(llm): bill connection resets as uncertain', 'docs: state the limits', 'feat!: drop Node 20'])(
    'may be "%s"',
    (title) => {
      expect(title).toMatch(TITLE);
    },
  );

  it.each(['Fix billing', 'fix: Bill resets', 'wip', 'fix(LLM): bill'])('may not be "%s"', (title) => {
    expect(title).not.toMatch(TITLE);
  });
});
