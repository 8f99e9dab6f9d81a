import { checkQuality, indexSources, type DocumentPart } from '@pressroom/pipelines';
import { describe, expect, it } from 'vitest';
import {
  LEAD,
  SECTION_1,
  SECTION_2,
  treeInput,
  treeOutline,
  treeResearch,
} from '../../../test/support/tree-article.ts';
import { dropUngrounded } from './drop-ungrounded.ts';

const sources = indexSources(treeResearch.sources);
const check = (parts: readonly DocumentPart[]) =>
  checkQuality({ title: treeOutline.title, topic: treeInput.topic, targetWords: 100, parts }, sources);
const article = (one: string, two = SECTION_2): DocumentPart[] => [
  { part: 'lead', heading: '', markdown: LEAD },
  { part: '1', heading: 'What the survey measured', markdown: one },
  { part: '2', heading: 'What planting takes', markdown: two },
];
const drop = (parts: DocumentPart[]) => dropUngrounded(parts, check(parts), check);
const FALSE = 'Bakeries sold 77 striped umbrellas to astonished tourists [1].';

describe('dropUngrounded', () => {
  it('does not change an article without errors', () => {
    const parts = article(SECTION_1);
    expect(drop(parts)).toMatchObject({ parts, edits: [] });
  });

  it.each([
    ['between others', SECTION_1.replace('[1]. Streets', `[1]. ${FALSE} Streets`), SECTION_1],
    ['at the end', `${SECTION_1} ${FALSE}`, SECTION_1],
    ['in a separate paragraph', `${SECTION_1}\n\n${FALSE}`, SECTION_1],
    ['at the start', `${FALSE} ${SECTION_1}`, SECTION_1],
    ['that is repeated', `${SECTION_1} ${FALSE} ${FALSE} ${FALSE}`, SECTION_1],
  ])('removes an ungrounded sentence %s', (_where, one, expected) => {
    const { parts, report, edits } = drop(article(one));
    expect(parts).toEqual(article(expected));
    expect(report.errors).toBe(0);
    expect(edits[0]).toEqual({ part: '1', find: FALSE, replace: '' });
  });

  it('keeps a part that would become empty', () => {
    const parts = article(SECTION_1, FALSE.replace('[1]', '[2]'));
    expect(drop(parts)).toMatchObject({ parts, edits: [] });
  });

  it('keeps a part that would lose its only citation', () => {
    const parts = article(SECTION_1, `Trees grow. ${FALSE.replace('[1]', '[2]')}`);
    expect(drop(parts).edits).toEqual([]);
  });
});
