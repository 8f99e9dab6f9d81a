import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { excerpt } from './excerpt.ts';

describe('excerpt', () => {
  it('truncates strings, arrays and levels', () => {
    const input = {
      topic: 'Trees',
      sources: [{ text: 'x'.repeat(400_000) }, { url: 'https://a.example/' }, { text: 'b' }, { text: 'c' }],
      deep: { a: { b: { c: 1 } } },
    };
    expect(excerpt(input)).toEqual({
      topic: 'Trees',
      sources: [{ text: `${'x'.repeat(80)}…` }, { url: 'https://a.example/' }, { text: 'b' }, '… 1 more'],
      deep: { a: { b: '…' } },
    });
  });

  it('of any JSON value is bounded and well-formed', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(excerpt(value));
        expect(text.isWellFormed() || !JSON.stringify(value).isWellFormed()).toBe(true);
      }),
    );
    expect(excerpt(`${'x'.repeat(79)}🌳🌳`)).toBe(`${'x'.repeat(79)}…`);
  });
});
