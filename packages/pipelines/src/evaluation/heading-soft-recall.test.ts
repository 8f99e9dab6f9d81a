import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { headingSoftRecall } from './heading-soft-recall.ts';

describe('headingSoftRecall', () => {
  it('is 1 for the same headings in any order, and 0 for no headings', () => {
    expect(headingSoftRecall(['Geology', 'History'], ['History', 'Geology'])).toBeCloseTo(1);
    expect(headingSoftRecall(['Geology', 'History'], [])).toBe(0);
    expect(headingSoftRecall([], ['History'])).toBe(1);
  });

  it('gives partial credit for similar headings', () => {
    const related = headingSoftRecall(['Geology of the range', 'History'], ['The geology', 'Transport']);
    expect(related).toBeGreaterThan(0.15);
    expect(related).toBeLessThan(0.8);
    expect(related).toBeGreaterThan(headingSoftRecall(['Geology of the range', 'History'], ['Umbrellas', 'Transport']));
  });

  it('gives no extra credit for a repeated heading', () => {
    const once = headingSoftRecall(['Geology', 'History', 'Birds'], ['Geology']);
    expect(headingSoftRecall(['Geology', 'History', 'Birds'], ['Geology', 'Geology'])).toBeCloseTo(once);
  });

  it('stays between 0 and 1, and more headings never cover less', () => {
    const headings = fc.array(fc.stringMatching(/^[a-z]{1,8}( [a-z]{1,8}){0,2}$/), { maxLength: 6 });
    fc.assert(
      fc.property(headings, headings, fc.string(), (reference, written, more) => {
        const recall = headingSoftRecall(reference, written);
        expect(recall).toBeGreaterThanOrEqual(0);
        expect(recall).toBeLessThanOrEqual(1);
        expect(headingSoftRecall(reference, [...written, more])).toBeGreaterThanOrEqual(recall - 1e-9);
      }),
    );
  });
});
