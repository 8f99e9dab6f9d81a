import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { Instant } from './instant.ts';

describe('Instant', () => {
  it.each([
    ['an offset beyond the range of PostgreSQL', '2026-11-21T12:00:00+16:00', '2026-11-20T20:00:00.000Z'],
    ['the largest offset', '2026-11-21T12:00:00+23:59', '2026-11-20T12:01:00.000Z'],
    ['a negative offset', '2026-11-21T12:00:00-05:30', '2026-11-21T17:30:00.000Z'],
    ['microseconds', '2026-11-21T12:00:00.123456Z', '2026-11-21T12:00:00.123Z'],
    ['a leap day', '2028-02-29T00:00:00Z', '2028-02-29T00:00:00.000Z'],
    ['the first year', '0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
  ])('normalises %s to UTC', (_title, text, expected) => {
    expect(Instant.parse(text)).toBe(expected);
  });

  it.each([
    ['year 0', '0000-06-01T00:00:00Z'],
    ['a time in year 0 in UTC', '0001-01-01T00:00:00+10:00'],
    ['a time in year 10000 in UTC', '9999-12-31T23:00:00-05:00'],
    ['a day that does not exist', '2026-02-29T00:00:00Z'],
    ['500 fractional digits', `2026-11-21T12:00:00.${'1'.repeat(500)}Z`],
    ['no offset', '2026-11-21T12:00:00'],
  ])('rejects %s', (_title, text) => {
    expect(Instant.safeParse(text).success).toBe(false);
  });

  it('returns only four-digit years, milliseconds and Z', () => {
    const digits = fc.string({ unit: fc.constantFrom('0', '1', '5', '9'), minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(
        fc.date({ min: new Date('0000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true }),
        digits,
        fc.integer({ min: 0, max: 23 }),
        fc.constantFrom('+', '-'),
        (date, fraction, hours, sign) => {
          const text = `${date.toISOString().slice(0, 19)}.${fraction}${sign}${String(hours).padStart(2, '0')}:45`;
          const parsed = Instant.safeParse(text);
          if (parsed.success) {
            expect(parsed.data).toMatch(/^(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
            expect(Date.parse(parsed.data)).toBe(Date.parse(text));
          }
        },
      ),
    );
  });
});
