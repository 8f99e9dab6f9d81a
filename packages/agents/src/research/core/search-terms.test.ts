import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { searchTerms, standaloneQuestion } from './search-terms.ts';

describe('searchTerms', () => {
  it('returns distinct content words, the topic’s first', () => {
    expect(searchTerms('How cities use trees', 'How much do trees cool a street in summer?')).toEqual([
      'cities',
      'use',
      'trees',
      'cool',
      'street',
      'summer',
    ]);
  });

  it('removes stop words of other languages and supports other scripts', () => {
    expect(searchTerms('Bäume in der Stadt', 'Was kosten die Bäume?')).toEqual(['Bäume', 'Stadt', 'kosten']);
    expect(searchTerms('東京の街路樹', '')).toEqual(['東京の街路樹']);
  });

  it('contains no query syntax', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (topic, question) => {
        const terms = searchTerms(topic, question);
        expect(terms.length).toBeLessThanOrEqual(12);
        for (const term of terms) expect(term).toMatch(/^[\p{L}\p{N}][\p{L}\p{N}'’.-]*$/u);
      }),
    );
    expect(searchTerms('"trees" AND intitle:secret', 'insource:/x/ -cats')).toEqual([
      'trees',
      'intitle',
      'secret',
      'insource',
      'x',
      'cats',
    ]);
  });
});

describe('standaloneQuestion', () => {
  it.each([
    { topic: 'Street trees', question: 'What do street trees cost?', expected: 'What do street trees cost?' },
    { topic: 'Street trees', question: 'At what\n cost?', expected: 'Street trees: At what cost?' },
    { topic: 'Is it so?', question: 'Why?', expected: 'Is it so?: Why?' },
  ])('turns "$question" on "$topic" into "$expected"', ({ topic, question, expected }) => {
    expect(standaloneQuestion(topic, question)).toBe(expected);
  });

  it('is limited in length', () => {
    expect(standaloneQuestion('t'.repeat(500), 'q'.repeat(5_000))).toHaveLength(422);
  });
});
