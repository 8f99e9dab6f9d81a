import { describe, expect, it } from 'vitest';
import { locateQuote } from './locate-quote.ts';

const text = 'He said “it’s 3.1 degrees”\nthat day (in 1990–1995). End.';

describe('locateQuote', () => {
  it.each([
    { title: 'an exact quote', quote: '3.1 degrees', found: '3.1 degrees' },
    { title: 'a quote with blanks around it', quote: ' End. ', found: ' End.' },
    { title: 'other blanks', quote: 'degrees” that day', found: 'degrees”\nthat day' },
    { title: 'other quotation marks', quote: 'said "it\'s 3.1', found: 'said “it’s 3.1' },
    { title: 'other dashes, and brackets as they are', quote: '(in 1990-1995)', found: '(in 1990–1995)' },
  ])('finds $title', ({ quote, found }) => {
    expect(locateQuote(text, quote)?.trim()).toBe(found.trim());
    expect(text).toContain(locateQuote(text, quote) ?? 'absent');
  });

  it.each(['never said', '', '  ', '3x1 degrees'])('does not find "%s"', (quote) => {
    expect(locateQuote(text, quote)).toBeUndefined();
  });
});
