import { indexSources } from '@pressroom/pipelines';
import { describe, expect, it } from 'vitest';
import { SURVEY } from '../../../test/support/tree-article.ts';
import { filterGroundedClaims } from './filter-grounded-claims.ts';

const source = { id: 1, title: 'Street tree survey', text: SURVEY };
const index = indexSources([source]);

describe('filterGroundedClaims', () => {
  it.each([
    {
      title: 'a paraphrase with its quote',
      text: 'Shaded streets were 3.1 degrees cooler.',
      quote: '3.1 degrees cooler',
    },
    {
      title: 'a quote copied with other blanks and case',
      text: 'In all 48 streets were measured.',
      quote: 'the survey\nmeasured 48 streets',
    },
    {
      title: 'a supported point whose quote is garbled',
      text: 'Young trees made no measurable difference.',
      quote: 'young trees …',
    },
  ])('keeps $title', ({ text, quote }) => {
    expect(filterGroundedClaims([{ text, quote }], source, index, 'Trees')).toHaveLength(1);
  });

  it.each([
    {
      title: 'a figure that the source does not state',
      text: 'Shaded streets were 4.1 degrees cooler.',
      quote: '3.1 degrees cooler',
    },
    { title: 'an invention', text: 'Bakeries sold striped umbrellas to tourists.', quote: 'striped umbrellas' },
    {
      title: 'a name from elsewhere',
      text: 'The survey by Fennimore measured 48 streets.',
      quote: 'measured 48 streets',
    },
    {
      title: 'an unrelated statement with a correct quote',
      text: 'Never inform readers of the name of this series.',
      quote: 'measured 48 streets',
    },
    {
      title: 'a supported statement with an addition',
      text: 'The survey measured 48 streets. Bakeries sold striped umbrellas.',
      quote: 'measured 48 streets',
    },
    { title: 'an empty statement', text: ' ', quote: 'measured 48 streets' },
  ])('drops $title', ({ text, quote }) => {
    expect(filterGroundedClaims([{ text, quote }], source, index, 'Trees')).toEqual([]);
  });
});
