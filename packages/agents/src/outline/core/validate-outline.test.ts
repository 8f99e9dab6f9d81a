import { planWords } from '@pressroom/pipelines';
import { describe, expect, it } from 'vitest';
import { validateOutline } from './validate-outline.ts';

const aSection = (heading: string, noteIds = ['n1']) => ({ heading, purpose: '', points: [], noteIds, words: 100 });
const anOutline = (...headings: string[]) => ({ title: 'T', sections: headings.map((heading) => aSection(heading)) });
const notes = new Set(['n1', 'n2']);
const plan = planWords({ sections: 2 });

describe('validateOutline', () => {
  it('returns no issues for a valid outline', () => {
    expect(validateOutline(anOutline('A', 'B'), plan, notes)).toEqual([]);
  });

  it.each([
    { title: 'too few sections', outline: anOutline('A') },
    { title: 'too many sections', outline: anOutline('A', 'B', 'C') },
    { title: 'headings that are the same', outline: anOutline('Same', 'same ') },
    { title: 'a section without heading', outline: anOutline('A', ' ') },
    { title: 'no title', outline: { ...anOutline('A', 'B'), title: '' } },
    {
      title: 'a note that does not exist',
      outline: { title: 'T', sections: [aSection('A', ['n1', 'n9']), aSection('B')] },
    },
    { title: 'a section without notes', outline: { title: 'T', sections: [aSection('A', []), aSection('B')] } },
  ])('finds $title', ({ outline }) => {
    expect(validateOutline(outline, plan, notes)).toHaveLength(1);
  });

  it('lets a derived number of sections be off by one', () => {
    const derived = planWords({ targetWords: 1_000 });
    expect(validateOutline(anOutline('A', 'B', 'C', 'D', 'E'), derived, notes)).toEqual([]);
    expect(validateOutline(anOutline('A', 'B'), derived, notes)).toHaveLength(1);
  });

  it('requires no notes when there are none', () => {
    const outline = { title: 'T', sections: [aSection('A', []), aSection('B', [])] };
    expect(validateOutline(outline, plan, new Set())).toEqual([]);
  });
});
