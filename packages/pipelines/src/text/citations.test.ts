import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blankCitations, citedIds, findCitations, rewriteCitations, stripCitations } from './citations.ts';

describe('findCitations', () => {
  it.each([
    { text: 'A fact [1].', ids: [[1]] },
    { text: 'Two [1][3] and again [12].', ids: [[1], [3], [12]] },
    {
      text: 'A list [1, 3] and [2;4].',
      ids: [
        [1, 3],
        [2, 4],
      ],
    },
    {
      text: 'A range [2-4] and [5–6].',
      ids: [
        [2, 3, 4],
        [5, 6],
      ],
    },
    { text: 'A footnote [^7].', ids: [[7]] },
    { text: 'A range too wide to be one [1-99].', ids: [[1, 99]] },
    { text: 'A link [1](https://example.org).', ids: [] },
    { text: 'A definition\n[1]: https://example.org', ids: [] },
    { text: 'A year [2023] and [sic].', ids: [] },
    { text: 'Code `list[0]` and `[1]`, then [2].', ids: [[2]] },
    { text: '```\nrow[1]\n```\nthen [3]', ids: [[3]] },
  ])('finds $ids in "$text"', ({ text, ids }) => {
    expect(findCitations(text).map((citation) => citation.ids)).toEqual(ids);
  });
});

describe('citedIds', () => {
  it('lists every source once, by first appearance', () => {
    expect(citedIds('One [3]. Two [1, 3]. Three [2].')).toEqual([3, 1, 2]);
  });
});

describe('rewriteCitations', () => {
  const keepKnown = (id: number) => (id <= 5 ? id : undefined);

  it.each([
    { title: 'splits lists', text: 'A [1, 3].', expected: 'A [1][3].' },
    { title: 'drops unknown sources with the blank before them', text: 'A [9]. B [1, 9].', expected: 'A. B [1].' },
    { title: 'names neighbours once', text: 'A [1][1, 2] [2].', expected: 'A [1][2].' },
    { title: 'names a source again after more text', text: 'A [1]. B [1].', expected: 'A [1]. B [1].' },
    { title: 'leaves links alone', text: 'A [9](https://example.org).', expected: 'A [9](https://example.org).' },
  ])('$title', ({ text, expected }) => {
    expect(rewriteCitations(text, keepKnown)).toBe(expected);
  });

  it('changes only citations, in any text', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('word ', 'naïve, ', '[1]', '[2, 3]', '. ', '\n\n', '[9]')), (pieces) => {
        const text = pieces.join('');
        const withoutBlanks = (value: string) => stripCitations(value).replace(/\s/g, '');
        expect(withoutBlanks(rewriteCitations(text, keepKnown))).toBe(withoutBlanks(text));
      }),
    );
  });
});

describe('texts of a million characters', () => {
  const fill = (piece: string): string => piece.repeat(Math.floor(1_000_000 / piece.length));
  it.each([
    ['only citations', fill('[1] ')],
    ['citations in an unclosed fence', `\`\`\`${fill('[1] ')}`],
    ['citations between backticks', fill('[1]`a')],
    ['backticks without a pair in their line', fill('`a\n[1]')],
    ['only code', fill('`a')],
    ['brackets', fill('[1,')],
  ])('are read and rewritten in less than 250 ms: %s', (_, text) => {
    let fastestMs = Infinity;
    // Takes the best of three, to exclude compilation.
    for (let round = 0; round < 3; round += 1) {
      const before = process.threadCpuUsage();
      citedIds(text);
      rewriteCitations(text, (id) => id);
      const { user, system } = process.threadCpuUsage(before);
      fastestMs = Math.min(fastestMs, (user + system) / 1_000);
    }
    expect(fastestMs).toBeLessThan(250);
  });
});

describe('blankCitations', () => {
  it('does not change offsets', () => {
    const text = 'A [1] and [2, 3].';
    expect(blankCitations(text)).toBe('A     and       .');
  });
});
