import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { openCursor, sealCursor } from './page-cursor.ts';

const LIST = { tenantId: null, status: 'failed' };

describe('sealed cursors', () => {
  it('open to what was sealed, whatever the store wrote', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (cursor) => {
        expect(openCursor(sealCursor(cursor, LIST), LIST)).toBe(cursor);
      }),
    );
  });

  it('are safe in a URL as they are', () => {
    expect(sealCursor('2026-03-01T10:00:00.000Z_ü', LIST)).toMatch(/^[\w.-]+$/);
  });

  it('do not open for another list', () => {
    expect(() => openCursor(sealCursor('a', LIST), { ...LIST, status: 'completed' })).toThrow('fault');
  });

  it('do not open when anything in them was changed', () => {
    const sealed = sealCursor('2026-03-01', LIST);
    fc.assert(
      fc.property(fc.nat(sealed.length - 1), fc.constantFrom('A', '7', '_'), (index, character) => {
        fc.pre(sealed[index] !== character);
        const changed = sealed.slice(0, index) + character + sealed.slice(index + 1);
        expect(() => openCursor(changed, LIST)).toThrow('fault');
      }),
    );
  });
});
