import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { citedIds, stripCitations } from '../text/citations.ts';
import { renumberCitations } from './renumber.ts';

describe('renumberCitations', () => {
  it('numbers by first appearance over all texts and drops unknown sources', () => {
    expect(renumberCitations(['A [3].', 'B [1, 3] and [8].'], new Set([1, 2, 3]))).toEqual({
      texts: ['A [1].', 'B [2][1] and.'],
      order: [3, 1],
      dropped: [8],
    });
  });

  const texts = fc.array(
    fc.array(fc.constantFrom('word ', '[1]', '[2, 4]', '[5-7]', '[12]', '. ')).map((pieces) => pieces.join('')),
    { maxLength: 5 },
  );
  const known = fc.uniqueArray(fc.integer({ min: 1, max: 12 })).map((ids) => new Set(ids));

  it('uses the numbers from 1 without gaps, in order of appearance', () => {
    fc.assert(
      fc.property(texts, known, (given, ids) => {
        const { texts: result, order } = renumberCitations(given, ids);
        expect([...new Set(result.flatMap(citedIds))]).toEqual(order.map((_, index) => index + 1));
      }),
    );
  });

  it('is idempotent', () => {
    fc.assert(
      fc.property(texts, known, (given, ids) => {
        const once = renumberCitations(given, ids);
        const again = renumberCitations(once.texts, new Set(once.order.map((_, index) => index + 1)));
        expect(again.texts).toEqual(once.texts);
        expect(again.dropped).toEqual([]);
      }),
    );
  });

  it('keeps every word', () => {
    fc.assert(
      fc.property(texts, known, (given, ids) => {
        const plain = (text: string) => stripCitations(text).replace(/\s/g, '');
        expect(renumberCitations(given, ids).texts.map(plain)).toEqual(given.map(plain));
      }),
    );
  });
});
