import { describe, expect, it } from 'vitest';
import { articleGates } from './article-gates.ts';
import { articlePipeline } from './article-pipeline.ts';

const section = (heading: string, noteIds: string[] = []) => ({
  heading,
  purpose: 'p',
  points: ['a'],
  noteIds,
  words: 100,
});
const outline = { title: 'T', leadWords: 50, sections: [section('One', ['n1']), section('Two')] };
const refined = {
  title: 'T',
  lead: 'Lead.',
  sections: [{ heading: 'One', markdown: 'Text.' }],
  metaDescription: '',
  keywords: [],
  score: 4,
  rounds: 1,
  edits: [],
};
const outputs = {
  research: { questions: [], sources: [], notes: [{ id: 'n1', text: 'x', sources: [] }], contradictions: [], gaps: [] },
};
const gate = (name: 'outline' | 'final') => articleGates[name] ?? expect.fail(`no gate ${name}`);
const problems = (name: 'outline' | 'final', edited: unknown): string[] => {
  const parsed = gate(name).output.safeParse(edited);
  if (!parsed.success) return parsed.error.issues.map(({ path }) => path.join('.'));
  return gate(name).validate(parsed.data, articlePipeline.example, outputs);
};

describe('gates of an article', () => {
  it('refer to steps that are planned at acceptance', () => {
    const planned = articlePipeline.plan(articlePipeline.example as never, 'balanced').map(({ key }) => key);
    expect(planned).toEqual(expect.arrayContaining([gate('outline').step, gate('final').step]));
  });

  it('accept added, removed and reordered sections', () => {
    expect(problems('outline', { ...outline, sections: [section('Three'), ...outline.sections] })).toEqual([]);
    expect(problems('outline', { ...outline, sections: outline.sections.slice(1) })).toEqual([]);
    expect(problems('outline', { ...outline, sections: outline.sections.toReversed() })).toEqual([]);
  });

  it.each([
    ['no section', { ...outline, sections: [] }, 'sections'],
    ['thirteen sections', { ...outline, sections: Array.from({ length: 13 }, (_, n) => section(`S${n}`)) }, 'sections'],
    ['a misspelt member', { ...outline, titel: 'T' }, ''],
    ['a section without words', { ...outline, sections: [{ ...section('One'), words: 0 }] }, 'sections.0.words'],
    [
      'a note that there is not',
      { ...outline, sections: [section('One', ['n9'])] },
      'sections[0].noteIds: the research has no note n9',
    ],
    [
      'one heading twice',
      { ...outline, sections: [section('One'), section('One')] },
      'sections[1].heading: two sections have the same heading',
    ],
  ])('reject an outline with %s', (_what, edited, problem) => {
    expect(problems('outline', edited)).toContain(problem);
  });

  it('accept an edited article and reject one without text', () => {
    expect(problems('final', { ...refined, title: 'Better' })).toEqual([]);
    expect(problems('final', { ...refined, sections: [] })).toContain('sections');
    expect(problems('final', { ...refined, sections: [{ heading: 'One', markdown: ' ' }] })).toEqual([
      'sections: no section has any text',
    ]);
  });
});
