import type { BriefInput } from '@pressroom/contracts';
import { describe, expect, it } from 'vitest';
import { assembleBrief } from './assemble-brief.ts';

const input: BriefInput = {
  topic: 'Trees',
  targetWords: 300,
  keywords: ['heat'],
  goal: 'Plant one.',
  sources: [{ text: 'x' }],
};
const research = {
  questions: ['How much do trees cool?'],
  sources: [
    { id: 1, title: 'Survey', text: 't' },
    { id: 2, title: 'Parks', text: 't' },
  ],
  notes: [
    { id: 'n1', text: 'a', sources: [2] },
    { id: 'n2', text: 'b', sources: [1, 2] },
  ],
  contradictions: ['1 says a, 2 says b'],
  gaps: ['What do they cost?'],
};
const brief = {
  title: 'Trees in hot streets',
  angle: 'What shade is worth.',
  audience: 'Residents.',
  sections: [
    { heading: 'Shade', purpose: 'The effect.', points: ['48 streets'], noteIds: ['n1'], words: 100 },
    { heading: 'Water', purpose: 'The effort.', points: [], noteIds: ['n2', 'n9'], words: 200 },
  ],
  keywords: ['Heat', 'shade'],
  risks: ['Check the figures.'],
  rounds: 0,
};

describe('assembleBrief', () => {
  it('includes everything a writer needs, each section with the sources of its notes', () => {
    const { document, limitations } = assembleBrief(input, { research, brief });
    expect(limitations).toEqual([]);
    expect(document?.sections.map(({ heading }) => heading)).toEqual([
      'Audience',
      'Goal',
      'Questions to answer',
      'Outline (300 words)',
      'Keywords',
      'Risks',
      'Gaps',
    ]);
    expect(document?.markdown).toContain('### 1. Shade (100 words)\n\nThe effect. [1]\n\n- 48 streets');
    expect(document?.sources.map(({ id, title }) => [id, title])).toEqual([
      [1, 'Parks'],
      [2, 'Survey'],
    ]);
    expect(document?.data).toMatchObject({
      sections: [{ sources: [1] }, { sources: [1, 2] }],
      keywords: ['heat', 'shade'],
      risks: ['Check the figures.', '1 says a, 2 says b'],
      gaps: ['What do they cost?'],
      targetWords: 300,
    });
  });

  it('reports that it rests on general knowledge when no source was given', () => {
    const { document, limitations } = assembleBrief({ topic: 'Trees' }, { brief });
    expect(document?.sources).toEqual([]);
    expect(limitations).toMatchObject([{ code: 'CITATION_MISSING' }]);
  });

  it('has no document before the brief is written', () => {
    expect(assembleBrief(input, { research }).document).toBeUndefined();
  });
});
