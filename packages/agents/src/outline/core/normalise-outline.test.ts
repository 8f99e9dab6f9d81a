import { planWords } from '@pressroom/pipelines';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normaliseOutline } from './normalise-outline.ts';

const aSection = (words: number) => ({ heading: 'H', purpose: 'P', points: [], noteIds: ['n1', 'n1'], words });

describe('normaliseOutline', () => {
  it('makes the words of lead and sections add up to the target, for any words in the reply', () => {
    const replyWords = fc.array(fc.integer({ min: -10, max: 20_000 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(replyWords, fc.integer({ min: 100, max: 10_000 }), (words, targetWords) => {
        const { leadWords, sections } = normaliseOutline(
          { title: 'T', sections: words.map(aSection) },
          planWords({ targetWords }),
        );
        expect(leadWords + sections.reduce((sum, section) => sum + section.words, 0)).toBe(targetWords);
      }),
    );
  });

  it('returns single-line texts, headings without marks and distinct notes', () => {
    const outline = normaliseOutline(
      {
        title: ' A\ntitle ',
        sections: [
          {
            heading: '## Heading\nof two lines',
            purpose: 'Why\n',
            points: ['a\nb', ' '],
            noteIds: ['n2', 'n2'],
            words: 1,
          },
        ],
      },
      planWords({ targetWords: 400 }),
    );
    expect(outline).toEqual({
      title: 'A title',
      leadWords: 60,
      sections: [{ heading: 'Heading of two lines', purpose: 'Why', points: ['a b'], noteIds: ['n2'], words: 340 }],
    });
  });
});
