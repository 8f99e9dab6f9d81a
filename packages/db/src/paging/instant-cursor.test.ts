import { describe, expect, it } from 'vitest';

import { formatInstantCursor, parseInstantCursor } from './instant-cursor.ts';

const CURSOR = { at: '2026-11-20T12:00:00.123456Z', id: '0190a000-0000-7000-8000-000000000001' };

describe('parseInstantCursor', () => {
  it('gives back what was formatted, to the microsecond', () => {
    expect(parseInstantCursor(formatInstantCursor(CURSOR))).toEqual(CURSOR);
  });

  it.each([
    ['another text', 'bm9uc2Vuc2U'],
    ['nothing', ''],
    ['an instant that does not exist', formatInstantCursor({ ...CURSOR, at: '2026-13-41T12:00:00.000000Z' })],
    ['30 February', formatInstantCursor({ ...CURSOR, at: '2026-02-30T12:00:00.000000Z' })],
    ['the hour 24', formatInstantCursor({ ...CURSOR, at: '2026-02-01T24:00:00.000000Z' })],
    ['the year 0', formatInstantCursor({ ...CURSOR, at: '0000-02-01T12:00:00.000000Z' })],
    ['an id that is none', formatInstantCursor({ ...CURSOR, id: "' OR true --" })],
  ])('refuses %s', (_title, text) => {
    expect(() => parseInstantCursor(text)).toThrow('does not belong to this list');
  });
});
