import { describe, expect, it } from 'vitest';
import { splitSentences } from './split-sentences.ts';

const texts = (text: string): string[] => splitSentences(text).map((sentence) => sentence.text);

describe('splitSentences', () => {
  it.each([
    {
      title: 'keeps abbreviations and initials together',
      text: 'Dr. J. Smith met Mr. Lee in the U.S. capital. They spoke.',
      count: 2,
    },
    {
      title: 'ends a sentence after an abbreviation when a usual opening follows',
      text: 'She moved to the U.S. The move was hard.',
      count: 2,
    },
    {
      title: 'keeps decimals and thousands together',
      text: 'It rose by 3.5 percent to 1,200.75 points. Then it fell.',
      count: 2,
    },
    {
      title: 'splits when the space after the stop is missing',
      text: 'It was the first since 1997.In anticipation of rain people left.',
      count: 2,
    },
    {
      title: 'keeps a citation after the stop with its sentence',
      text: 'It rained all day. [1] The town flooded. [2]',
      count: 2,
    },
    {
      title: 'keeps closing quotation marks with their sentence',
      text: 'He said “no.” Then he left the room.',
      count: 2,
    },
  ])('$title', ({ text, count }) => {
    expect(texts(text)).toHaveLength(count);
  });

  it('omits headings and short labels', () => {
    expect(texts('# A heading\n\nShort label\n\nThis is a sentence about something.')).toEqual([
      'This is a sentence about something.',
    ]);
  });

  it('joins lines that were wrapped', () => {
    expect(texts('A sentence that was\nwrapped in the middle. Another one.')).toEqual([
      'A sentence that was wrapped in the middle.',
      'Another one.',
    ]);
  });

  it('returns every sentence exactly as it is in the text', () => {
    const text = 'First  one [3]. Second\none is here. - not a list.\n\n* An item that is a sentence of its own.';
    for (const sentence of splitSentences(text)) expect(text).toContain(sentence.raw);
  });

  it('numbers paragraphs', () => {
    expect(splitSentences('One is here. Two is here.\n\nThree is here.').map((sentence) => sentence.paragraph)).toEqual(
      [0, 0, 1],
    );
  });
});
