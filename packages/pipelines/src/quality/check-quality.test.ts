import { describe, expect, it } from 'vitest';
import { checkQuality } from './check-quality.ts';
import type { CheckedDocument, DocumentPart } from './checked-document.ts';
import type { FindingCode } from './finding.ts';
import { indexSources } from './source-index.ts';

const sources = indexSources([
  {
    id: 1,
    title: 'Street tree survey',
    text:
      'The survey measured 48 streets on 12 summer afternoons. Streets with a closed canopy were 3.1 degrees cooler than ' +
      'streets without trees. Young trees made no measurable difference in their first five years.',
  },
  {
    id: 2,
    title: 'Parks department',
    text: 'The department plants 900 trees a year. It loses about 200 young trees to drought. Residents may adopt a tree.',
  },
]);

const LEAD = 'Streets with a closed canopy are 3.1 degrees cooler than streets without trees [1].';
const ONE =
  'The survey measured 48 streets on 12 summer afternoons [1]. Young trees made no measurable difference [1].';
const TWO = 'The department plants 900 trees a year [2]. It loses about 200 young trees to drought [2].';

const aPart = (part: string, markdown: string, more: Partial<DocumentPart> = {}): DocumentPart => ({
  part,
  heading: part === 'lead' ? '' : `Section ${part}`,
  markdown,
  ...more,
});

const aDocument = (given: Partial<CheckedDocument> = {}): CheckedDocument => ({
  title: 'Cooler streets',
  topic: 'trees in cities',
  targetWords: 43,
  parts: [aPart('lead', LEAD), aPart('1', ONE), aPart('2', TWO)],
  ...given,
});

describe('checkQuality', () => {
  it('reports no finding for a sound article, and scores it 1', () => {
    const report = checkQuality(aDocument(), sources);
    expect(report.findings).toEqual([]);
    expect(report).toMatchObject({ errors: 0, score: 1, wordCount: 43 });
  });

  const planted: {
    title: string;
    document: CheckedDocument;
    code: FindingCode;
    part: string;
    quote: string;
  }[] = [
    { title: 'no title', document: aDocument({ title: ' ' }), code: 'TITLE_MISSING', part: 'document', quote: '' },
    {
      title: 'a section without heading',
      document: aDocument({ parts: [aPart('lead', LEAD), aPart('1', ONE, { heading: '' }), aPart('2', TWO)] }),
      code: 'HEADING_MISSING',
      part: '1',
      quote: '',
    },
    {
      title: 'two sections with the same heading',
      document: aDocument({ parts: [aPart('lead', LEAD), aPart('1', ONE), aPart('2', TWO, { heading: 'section 1' })] }),
      code: 'HEADING_DUPLICATED',
      part: '2',
      quote: '',
    },
    {
      title: 'an empty part',
      document: aDocument({ parts: [aPart('lead', ''), aPart('1', ONE), aPart('2', TWO)], targetWords: 29 }),
      code: 'PART_EMPTY',
      part: 'lead',
      quote: '',
    },
    {
      title: 'too few words',
      document: aDocument({ targetWords: 100 }),
      code: 'WORD_COUNT_OFF',
      part: 'document',
      quote: '',
    },
    {
      title: 'too many words',
      document: aDocument({ targetWords: 30 }),
      code: 'WORD_COUNT_OFF',
      part: 'document',
      quote: '',
    },
    {
      title: 'a part over its budget',
      document: aDocument({ parts: [aPart('lead', LEAD, { words: 8 }), aPart('1', ONE), aPart('2', TWO)] }),
      code: 'PART_WORD_COUNT_OFF',
      part: 'lead',
      quote: '',
    },
    {
      title: 'a section that cites nothing',
      document: aDocument({ parts: [aPart('lead', LEAD), aPart('1', ONE), aPart('2', TWO.replaceAll(' [2]', ''))] }),
      code: 'SECTION_UNCITED',
      part: '2',
      quote: '',
    },
    {
      title: 'a citation of an unknown source',
      document: aDocument({
        parts: [aPart('lead', LEAD), aPart('1', ONE), aPart('2', `${TWO} Residents adopt trees [7].`)],
      }),
      code: 'CITATION_UNRESOLVED',
      part: '2',
      quote: '[7]',
    },
    {
      title: 'a citation of the wrong source',
      document: aDocument({
        parts: [aPart('lead', LEAD), aPart('1', ONE), aPart('2', TWO.replace('drought [2]', 'drought [1]'))],
      }),
      code: 'CITATION_WRONG',
      part: '2',
      quote: 'It loses about 200 young trees to drought [1].',
    },
    {
      title: 'a false figure',
      document: aDocument({ parts: [aPart('lead', LEAD), aPart('1', ONE), aPart('2', TWO.replace('900', '950'))] }),
      code: 'FACT_UNSUPPORTED',
      part: '2',
      quote: 'The department plants 950 trees a year [2].',
    },
    {
      title: 'a cited invention',
      document: aDocument({
        parts: [
          aPart('lead', LEAD),
          aPart('1', `${ONE} Bakeries sold striped umbrellas to astonished tourists [1].`),
          aPart('2', TWO),
        ],
      }),
      code: 'SENTENCE_UNSUPPORTED',
      part: '1',
      quote: 'Bakeries sold striped umbrellas to astonished tourists [1].',
    },
    {
      title: 'an uncited sentence with a figure that no source states',
      document: aDocument({
        parts: [
          aPart('lead', LEAD),
          aPart('1', `${ONE} Bakeries sold 77 striped umbrellas to astonished tourists.`),
          aPart('2', TWO),
        ],
      }),
      code: 'SENTENCE_UNSOURCED',
      part: '1',
      quote: 'Bakeries sold 77 striped umbrellas to astonished tourists.',
    },
    {
      title: 'filler that no source supports',
      document: aDocument({
        parts: [
          aPart('lead', LEAD),
          aPart('1', `${ONE} Bakeries sold striped umbrellas to astonished tourists.`),
          aPart('2', TWO),
        ],
      }),
      code: 'SENTENCE_UNGROUNDED',
      part: '1',
      quote: 'Bakeries sold striped umbrellas to astonished tourists.',
    },
    {
      title: 'a repeated sentence',
      document: aDocument({
        parts: [aPart('lead', LEAD), aPart('1', ONE), aPart('2', `${TWO} The department plants 900 trees a year [2].`)],
      }),
      code: 'SENTENCE_REPEATED',
      part: '2',
      quote: 'The department plants 900 trees a year [2].',
    },
    {
      title: 'a listed source that is never cited',
      document: aDocument({ listedSources: [1, 2, 3] }),
      code: 'SOURCE_ORPHANED',
      part: 'document',
      quote: '',
    },
  ];

  it.each(planted)('finds $title and its location', ({ document, code, part, quote }) => {
    const report = checkQuality(document, sources);
    expect(report.findings).toContainEqual(expect.objectContaining({ code, part, quote }));
    expect(report.score).toBeLessThanOrEqual(1);
    const text = document.parts.find((each) => each.part === part)?.markdown ?? '';
    expect(text).toContain(quote);
  });

  it('lets a section repeat sentences of the lead', () => {
    const parts = [aPart('lead', LEAD), aPart('1', `${LEAD} ${ONE}`), aPart('2', TWO)];
    expect(checkQuality(aDocument({ parts, targetWords: 58 }), sources).findings).toEqual([]);
  });

  it('requires no citation without sources', () => {
    const parts = [aPart('lead', 'Trees cool streets.'), aPart('1', 'Their shade keeps asphalt from heating up.')];
    const report = checkQuality(aDocument({ parts, targetWords: 10 }), indexSources([]));
    expect(report.findings).toEqual([]);
  });

  it('does not mistake a heading inside a section for a claim', () => {
    const parts = [
      aPart('lead', LEAD),
      aPart('1', `### Umbrellas of striped bakeries everywhere\n${ONE}`),
      aPart('2', TWO),
    ];
    expect(checkQuality(aDocument({ parts }), sources).errors).toBe(0);
  });
});
