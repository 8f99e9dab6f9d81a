import { describe, expect, it } from 'vitest';
import { expandArticle, planArticle } from './plan.ts';

const anOutline = (sections: number) => ({
  title: 'T',
  leadWords: 60,
  sections: Array.from({ length: sections }, (_, index) => ({
    heading: `H${index}`,
    purpose: '',
    points: [],
    noteIds: [],
    words: 100,
  })),
});

describe('planArticle', () => {
  it('plans research, outline and refine at acceptance, in this order', () => {
    expect(planArticle().map(({ key, dependsOn, onExhausted }) => ({ key, dependsOn, onExhausted }))).toEqual([
      { key: 'research', dependsOn: [], onExhausted: 'fail' },
      { key: 'outline', dependsOn: ['research'], onExhausted: 'fail' },
      { key: 'refine', dependsOn: ['research', 'outline'], onExhausted: 'skip' },
    ]);
  });

  it('gives every step time for three full attempts', () => {
    for (const step of planArticle()) expect(step.totalTimeoutMs).toBe(3 * step.attemptTimeoutMs);
  });
});

describe('expandArticle', () => {
  it('adds the lead and one draft per section after the outline, and refine waits for all of them', () => {
    const { steps, joins } = expandArticle('outline', anOutline(2));
    expect(steps.map(({ key, params }) => ({ key, params }))).toEqual([
      { key: 'draft-lead', params: { part: 'lead' } },
      { key: 'draft-1', params: { part: 1 } },
      { key: 'draft-2', params: { part: 2 } },
    ]);
    expect(joins).toEqual({ refine: ['draft-lead', 'draft-1', 'draft-2'] });
  });

  it('adds drafts that depend on research and outline and may be skipped', () => {
    for (const step of expandArticle('outline', anOutline(3)).steps) {
      expect(step).toMatchObject({ agent: 'draft', dependsOn: ['research', 'outline'], onExhausted: 'skip' });
    }
  });

  it('adds nothing after any other step', () => {
    for (const key of ['research', 'draft-1', 'refine'])
      expect(expandArticle(key, {})).toEqual({ steps: [], joins: {} });
  });

  it('returns the same expansion for the same output', () => {
    expect(expandArticle('outline', anOutline(4))).toEqual(expandArticle('outline', anOutline(4)));
  });
});
