import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { toJsonb } from './to-jsonb.ts';

describe('toJsonb', () => {
  it.each([
    { title: 'NUL', given: 'a\0b', expected: 'a\ufffdb' },
    { title: 'a lone high surrogate', given: 'a\ud83dz', expected: 'a\ufffdz' },
    { title: 'a lone low surrogate', given: '\udc00', expected: '\ufffd' },
  ])('replaces $title', ({ given, expected }) => {
    expect(JSON.parse(toJsonb({ [given]: given }))).toEqual({ [expected]: expected });
  });

  it.each([
    { title: 'an emoji', given: '👍' },
    { title: 'other control characters', given: '\u0001\u001f\n"' },
    { title: 'a backslash before the letters u0000', given: '\\u0000' },
    { title: 'a backslash before the letters ud800', given: '\\\\ud800' },
  ])('leaves $title alone', ({ given }) => {
    expect(JSON.parse(toJsonb([given, '\0']))).toEqual([given, '\ufffd']);
  });

  it('writes bigints as decimal strings', () => {
    expect(toJsonb({ costNano: 12n })).toBe('{"costNano":"12"}');
  });

  it('never writes what jsonb refuses, and changes nothing else', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: fc.constantFrom('\0', '\\', 'u0000', '\ud800', 'x', '"') }),
        (any, nasty) => {
          const stored: unknown = JSON.parse(toJsonb([any, nasty]));
          expect(stored).toEqual([any, nasty].map((text) => text.replaceAll('\0', '\ufffd').toWellFormed()));
        },
      ),
    );
  });
});
