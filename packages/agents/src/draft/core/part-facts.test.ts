import { describe, expect, it } from 'vitest';
import { treeInput, treeOutline, treeResearch } from '../../../test/support/tree-article.ts';
import { selectPartFacts } from './part-facts.ts';

describe('selectPartFacts', () => {
  it('gives a section its own notes and the titles of their sources', () => {
    const facts = selectPartFacts(2, treeInput, treeOutline, treeResearch);
    expect(facts).toMatchObject({ part: '2', words: 34, sources: [{ id: 2, title: 'Parks department' }] });
    expect(facts?.notes.map(({ id }) => id)).toEqual(['n3', 'n4']);
    expect(facts?.sources[0]).not.toHaveProperty('text');
  });

  it('gives the lead the first notes of every section', () => {
    const facts = selectPartFacts('lead', treeInput, treeOutline, treeResearch);
    expect(facts).toMatchObject({ part: 'lead', words: 30 });
    expect(facts?.notes.map(({ id }) => id)).toEqual(['n1', 'n2', 'n3', 'n4']);
  });

  it('gives a section without notes all notes', () => {
    const outline = { ...treeOutline, sections: treeOutline.sections.map((section) => ({ ...section, noteIds: [] })) };
    expect(selectPartFacts(1, treeInput, outline, treeResearch)?.notes).toHaveLength(4);
  });

  it('returns undefined for a part that the outline does not have', () => {
    expect(selectPartFacts(3, treeInput, treeOutline, treeResearch)).toBeUndefined();
  });
});
