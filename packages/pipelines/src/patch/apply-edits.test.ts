import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEdits, type Edit } from './apply-edits.ts';

const PARTS = [
  { part: 'lead', markdown: 'The lead says one thing [1]. It ends.' },
  { part: '1', markdown: 'First claim [1]. Second claim [2]. First claim again.\n\nLast paragraph.' },
  { part: '2', markdown: 'Only one.' },
];
const allow = { parts: new Set(['lead', '1', '2']), sources: new Set([1, 2]) };
const apply = (edit: Edit, allowed = allow) => applyEdits(PARTS, [edit], allowed);

describe('applyEdits', () => {
  it('replaces an exact quote in its part', () => {
    const { parts, applied } = apply({ part: '1', find: 'Second claim [2]', replace: 'Better claim [1]' });
    expect(parts[1]?.markdown).toBe('First claim [1]. Better claim [1]. First claim again.\n\nLast paragraph.');
    expect(applied).toHaveLength(1);
  });

  it.each([
    { find: ' Second claim [2].', expected: 'First claim [1]. First claim again.\n\nLast paragraph.' },
    { find: 'Second claim [2].', expected: 'First claim [1]. First claim again.\n\nLast paragraph.' },
    { find: 'Second claim [2]. ', expected: 'First claim [1]. First claim again.\n\nLast paragraph.' },
    { find: 'First claim [1].', expected: 'Second claim [2]. First claim again.\n\nLast paragraph.' },
    { find: 'Last paragraph.', expected: 'First claim [1]. Second claim [2]. First claim again.' },
    { find: ' [2]', expected: 'First claim [1]. Second claim. First claim again.\n\nLast paragraph.' },
  ])('deletes "$find" without leaving a gap', ({ find, expected }) => {
    expect(apply({ part: '1', find, replace: '' }).parts[1]?.markdown).toBe(expected);
  });

  it.each([
    { reason: 'unknown_part', edit: { part: '9', find: 'x', replace: 'y' } },
    { reason: 'not_found', edit: { part: '1', find: 'Nowhere', replace: 'y' } },
    { reason: 'not_found', edit: { part: 'lead', find: 'Second claim', replace: 'y' } },
    { reason: 'not_found', edit: { part: '1', find: ' ', replace: 'y' } },
    { reason: 'ambiguous', edit: { part: '1', find: 'First claim', replace: 'y' } },
    { reason: 'unresolved_citation', edit: { part: '1', find: 'Second claim [2]', replace: 'Claim [7]' } },
    { reason: 'unresolved_citation', edit: { part: '1', find: 'Second claim [2', replace: 'Claim [1, 7' } },
    { reason: 'adds_heading', edit: { part: '1', find: 'Last paragraph.', replace: '## More\n\nText.' } },
    { reason: 'empties_part', edit: { part: '2', find: 'Only one.', replace: ' ' } },
    { reason: 'no_change', edit: { part: '2', find: 'Only', replace: 'Only' } },
  ])('rejects $edit.find → $edit.replace in part $edit.part as $reason', ({ reason, edit }) => {
    const { parts, rejected } = apply(edit);
    expect(rejected).toEqual([{ edit, reason }]);
    expect(parts).toEqual(PARTS);
  });

  it('rejects an edit of a part that is not editable', () => {
    const { rejected } = apply({ part: '2', find: 'Only', replace: 'Just' }, { ...allow, parts: new Set(['1']) });
    expect(rejected.map(({ reason }) => reason)).toEqual(['part_not_editable']);
  });

  it('checks each edit against the text that the previous edits produced', () => {
    const edits = [
      { part: '2', find: 'Only one.', replace: 'Just two.' },
      { part: '2', find: 'Only one.', replace: 'Late.' },
    ];
    const { parts, applied } = applyEdits(PARTS, edits, allow);
    expect(parts[2]?.markdown).toBe('Just two.');
    expect(applied).toHaveLength(1);
  });

  const words = fc.array(fc.constantFrom('one', 'two', 'three', 'four [1]', 'five [2]', '\n\n', '.', 'six [9]'), {
    minLength: 1,
    maxLength: 20,
  });
  const text = words.map((each) => each.join(' '));
  const anEdit = fc.record({ part: fc.constantFrom('lead', '1', '2', '3'), find: text, replace: text });

  it('leaves every part without an applied edit byte-identical', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 3, maxLength: 3 }), fc.array(anEdit), (markdowns, edits) => {
        const parts = markdowns.map((markdown, index) => ({ part: ['lead', '1', '2'][index] ?? '', markdown }));
        const quoting = edits.map((edit, index) =>
          index % 2 ? edit : { ...edit, find: parts[index % 3]?.markdown.slice(0, 9) ?? '' },
        );
        const editable = new Set(['lead', '2']);
        const {
          parts: after,
          applied,
          rejected,
        } = applyEdits(parts, quoting, { parts: editable, sources: new Set([1, 2]) });
        const touched = new Set(applied.map(({ part }) => part));
        expect(after.map(({ part }) => part)).toEqual(parts.map(({ part }) => part));
        expect(applied.length + rejected.length).toBe(quoting.length);
        expect([...touched].every((part) => editable.has(part))).toBe(true);
        after.forEach((part, index) => {
          if (!touched.has(part.part)) expect(part).toBe(parts[index]);
        });
      }),
    );
  });
});
