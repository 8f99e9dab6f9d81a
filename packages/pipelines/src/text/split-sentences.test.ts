import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitSentences } from './split-sentences.ts';

const texts = (markdown: string) => splitSentences(markdown).map(({ text }) => text);

describe('splitSentences', () => {
  it.each([
    { title: 'plain sentences', given: 'One is. Two is! Is three?', expected: ['One is.', 'Two is!', 'Is three?'] },
    { title: 'a citation before the stop', given: 'One [1]. Two [2].', expected: ['One [1].', 'Two [2].'] },
    {
      title: 'a citation after the stop',
      given: 'One.[1][2] Two. [3] Three.',
      expected: ['One.[1][2]', 'Two. [3]', 'Three.'],
    },
    {
      title: 'titles, initials and shorthand as no ends',
      given: 'Dr. J. Smith of the U.S. Army came at 8 a.m. Monday. He left.',
      expected: ['Dr. J. Smith of the U.S. Army came at 8 a.m. Monday.', 'He left.'],
    },
    {
      title: 'decimals as no ends',
      given: 'It rose by 3.5 °C. Then it fell.',
      expected: ['It rose by 3.5 °C.', 'Then it fell.'],
    },
    {
      title: 'list items apart, without their marks',
      given: '- One item\n- Two items\n1. Third',
      expected: ['One item', 'Two items', 'Third'],
    },
    {
      title: 'wrapped lines together',
      given: 'One sentence\nover two lines. Next.',
      expected: ['One sentence\nover two lines.', 'Next.'],
    },
    { title: 'paragraphs apart', given: 'No stop here\n\nNew paragraph', expected: ['No stop here', 'New paragraph'] },
  ])('keeps $title', ({ given, expected }) => {
    expect(texts(given)).toEqual(expected);
  });

  it('distinguishes headings from prose', () => {
    expect(splitSentences('### Part one\nIt begins.').map(({ isHeading }) => isHeading)).toEqual([true, false]);
  });

  it('returns exact substrings, in order and without overlap', () => {
    const piece = fc.constantFrom(
      'Word',
      ' and 3.5',
      '. ',
      '? ',
      '[1]',
      ' [2, 3]',
      '\n',
      '\n\n',
      '- ',
      '“Quote.” ',
      '# ',
      '\r\n',
      '!',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const markdown = pieces.join('');
        let end = 0;
        for (const { text, start } of splitSentences(markdown)) {
          expect(markdown.slice(start, start + text.length)).toBe(text);
          expect(start).toBeGreaterThanOrEqual(end);
          end = start + text.length;
        }
      }),
    );
  });
});
