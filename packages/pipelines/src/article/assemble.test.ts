import { describe, expect, it } from 'vitest';
import { citedIds } from '../text/citations.ts';
import { assembleArticle } from './assemble.ts';
import type { RefineOutput, ResearchOutput } from './outputs.ts';

const input = { topic: 'Trees in cities', sources: [{ text: 'a' }, { text: 'b' }, { text: 'c' }] };

const research: ResearchOutput = {
  questions: [],
  sources: [
    { id: 1, title: 'First', text: '' },
    { id: 2, title: 'Never cited', text: '' },
    {
      id: 3,
      title: 'A [third] source.',
      url: 'https://example.org/c d',
      accessedAt: '2026-03-04T05:06:07.000Z',
      text: '',
    },
  ],
  notes: [],
  contradictions: [],
  gaps: [],
};
const aSection = (heading: string) => ({ heading, purpose: '', points: [], noteIds: [], words: 10 });
const outline = { title: 'Cool streets', leadWords: 5, sections: [aSection('Shade'), aSection('Water')] };
const aDraft = (part: 'lead' | number, markdown: string) => ({ part, markdown, words: 3 });
const drafts = {
  'draft-lead': aDraft('lead', 'Trees cool streets [3].'),
  'draft-1': aDraft(1, 'Shade helps [1, 3].'),
  'draft-2': aDraft(2, 'Water costs [1].'),
};
const refined: RefineOutput = {
  title: 'Cool streets',
  lead: 'Trees really cool streets [3].',
  sections: [
    { heading: 'Shade', markdown: 'Shade helps [3].' },
    { heading: 'Water', markdown: 'Water costs [1].' },
  ],
  metaDescription: 'On trees.',
  keywords: ['trees'],
  score: 4.25,
  rounds: 1,
  edits: [],
};

describe('assembleArticle', () => {
  it('builds the refined document with sources numbered by first appearance', () => {
    const { document, limitations } = assembleArticle(input, { research, outline, ...drafts, refine: refined });
    expect(limitations).toEqual([]);
    expect(document).toEqual({
      title: 'Cool streets',
      metaDescription: 'On trees.',
      keywords: ['trees'],
      lead: 'Trees really cool streets [1].',
      sections: [
        { heading: 'Shade', markdown: 'Shade helps [1].', citations: [1] },
        { heading: 'Water', markdown: 'Water costs [2].', citations: [2] },
      ],
      sources: [
        { id: 1, title: 'A [third] source.', url: 'https://example.org/c d', accessedAt: '2026-03-04T05:06:07.000Z' },
        { id: 2, title: 'First' },
      ],
      wordCount: 8,
      quality: { score: 4.25, rounds: 1 },
      markdown: [
        '# Cool streets',
        'Trees really cool streets [1].',
        '## Shade',
        'Shade helps [1].',
        '## Water',
        'Water costs [2].',
        '## Sources',
        '1. A \\[third\\] source. <https://example.org/c%20d> (accessed 2026-03-04)\n2. First.\n',
      ].join('\n\n'),
    });
  });

  it('builds from drafts in the outline’s order when there is no refined text', () => {
    const { document, limitations } = assembleArticle(input, { ...drafts, outline, research });
    expect(document?.sections.map(({ heading, markdown }) => [heading, markdown])).toEqual([
      ['Shade', 'Shade helps [2][1].'],
      ['Water', 'Water costs [2].'],
    ]);
    expect(document).toMatchObject({ metaDescription: 'Trees cool streets.', quality: { score: null, rounds: 0 } });
    expect(limitations.map(({ code }) => code)).toEqual(['REFINE_SKIPPED', 'METADATA_MISSING']);
  });

  it.each([
    { title: 'nothing', outputs: {} },
    { title: 'research and outline', outputs: { research, outline } },
    { title: 'a lead alone', outputs: { research, outline, 'draft-lead': drafts['draft-lead'] } },
    { title: 'a draft without an outline', outputs: { research, 'draft-1': drafts['draft-1'] } },
    { title: 'an empty section', outputs: { research, outline, 'draft-1': aDraft(1, ' ') } },
  ])('finds nothing usable in $title', ({ outputs }) => {
    expect(assembleArticle(input, outputs)).toEqual({ document: undefined, limitations: [] });
  });

  it('names every part that is missing', () => {
    const { document, limitations } = assembleArticle(input, { research, outline, 'draft-2': drafts['draft-2'] });
    expect(document?.sections.map(({ heading }) => heading)).toEqual(['Water']);
    expect(limitations).toContainEqual(expect.objectContaining({ code: 'LEAD_MISSING', step: 'draft-lead' }));
    expect(limitations).toContainEqual(expect.objectContaining({ code: 'SECTION_MISSING', step: 'draft-1' }));
    expect(limitations.filter(({ code }) => code === 'SECTION_MISSING')).toHaveLength(1);
  });

  it('reports a section that the refined text lacks', () => {
    const shorter = { ...refined, sections: refined.sections.slice(1) };
    const { limitations } = assembleArticle(input, { research, outline, refine: shorter });
    expect(limitations.map(({ code, step }) => [code, step])).toEqual([['SECTION_MISSING', 'draft-1']]);
  });

  it('removes citations of unknown sources and reports them', () => {
    const outputs = { research, outline, refine: { ...refined, lead: 'Trees cool streets [3][9].' } };
    const { document, limitations } = assembleArticle(input, outputs);
    expect(document?.lead).toBe('Trees cool streets [1].');
    expect(limitations.map(({ code }) => code)).toEqual(['CITATION_MISSING']);
  });

  it('reports that an article cites none of its sources, both given and found by tools', () => {
    const uncited = { ...refined, lead: 'Trees cool.', sections: [{ heading: 'Shade', markdown: 'Shade helps.' }] };
    const { limitations } = assembleArticle({ topic: 'Trees' }, { research, refine: uncited });
    expect(limitations).toMatchObject([
      { code: 'CITATION_MISSING', message: 'The article cites none of its sources.' },
    ]);
  });

  it('reports that an article without sources cites nothing', () => {
    const uncited = { ...refined, lead: 'Trees cool.', sections: [{ heading: 'Shade', markdown: 'Shade helps.' }] };
    const { document, limitations } = assembleArticle({ topic: 'Trees' }, { refine: uncited });
    expect(document?.sources).toEqual([]);
    expect(document?.markdown).not.toContain('## Sources');
    expect(limitations.map(({ code }) => code)).toEqual(['CITATION_MISSING']);
  });

  it('lists exactly the sources that are cited', () => {
    const { document } = assembleArticle(input, { research, outline, ...drafts });
    const cited = new Set(
      [document?.lead ?? '', ...(document?.sections ?? []).map(({ markdown }) => markdown)].flatMap(citedIds),
    );
    expect(document?.sources.map(({ id }) => id)).toEqual([...cited].sort((a, b) => a - b));
    expect(document?.sources.map(({ title }) => title)).not.toContain('Never cited');
  });

  it('falls back to the topic for a title and to the user’s own keywords', () => {
    const outputs = { research, refine: { ...refined, title: '', keywords: [] } };
    const { document } = assembleArticle({ ...input, keywords: ['shade'] }, outputs);
    expect(document).toMatchObject({ title: 'Trees in cities', keywords: ['shade'] });
  });
});
