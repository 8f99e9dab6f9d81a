import { describe, expect, it } from 'vitest';
import { compareFacts, readFacts } from './compare-facts.ts';

const ORIGINAL = 'In 2021 the Selwyn Water Board paid 2.4 million crowns for 14 pumps, as Mary Okafor had asked.';

describe('compareFacts', () => {
  it('finds no difference between texts that state the same in other words', () => {
    const rewritten =
      'As Mary Okafor wanted, 14 pumps were bought by the Selwyn Water Board in 2021. They cost 2,400,000 crowns.';
    expect(compareFacts(readFacts(ORIGINAL), readFacts(rewritten))).toEqual({ total: 8, missing: [], invented: [] });
  });

  it.each([
    { title: 'a changed figure', rewritten: ORIGINAL.replace('14', '15'), missing: ['14'], invented: ['15'] },
    { title: 'an omitted figure', rewritten: ORIGINAL.replace('In 2021 the', 'The'), missing: ['2021'], invented: [] },
    {
      title: 'an added name',
      rewritten: `${ORIGINAL} So says Tomas Ilves.`,
      missing: [],
      invented: ['Tomas', 'Ilves'],
    },
    {
      title: 'an omitted name',
      rewritten: ORIGINAL.replace(', as Mary Okafor had asked', ''),
      missing: ['Mary', 'Okafor'],
      invented: [],
    },
  ])('finds $title', ({ rewritten, missing, invented }) => {
    expect(compareFacts(readFacts(ORIGINAL), readFacts(rewritten))).toMatchObject({ missing, invented });
  });

  it('treats number words as numbers', () => {
    expect(compareFacts(readFacts('It has seven rooms.'), readFacts('It has 7 rooms.'))).toMatchObject({
      missing: [],
      invented: [],
    });
  });

  it('compares only figures between languages and where nouns are capitalised', () => {
    const german = 'Im Jahr 2021 hat das Amt mit dem Geld von der Stadt 14 Pumpen gekauft, und das ist nicht alles.';
    expect(compareFacts(readFacts(ORIGINAL), readFacts(german))).toMatchObject({
      missing: ['2.4 million'],
      invented: [],
    });
  });
});
