import { z } from 'zod';

/** RFC 3339 allows any number of fractional digits; longer texts are rejected before parsing. */
const MAX_LENGTH = 100;
/** Years with the same format in `Date`, RFC 3339 and PostgreSQL. */
const [FIRST_MS, LAST_MS] = [Date.parse('0001-01-01T00:00:00.000Z'), Date.parse('9999-12-31T23:59:59.999Z')];

const isInRange = (text: string): boolean => {
  const ms = Date.parse(text);
  return ms >= FIRST_MS && ms <= LAST_MS;
};

/**
 * A timestamp in a request: RFC 3339 with any offset, years 1 to 9999 in UTC. Parsing normalises it to UTC with milliseconds
 * (`2026-11-21T12:00:00.000Z`) and truncates further digits.
 */
export const Instant = z.iso
  .datetime({ offset: true, error: 'must be a date and time with zone, e.g. 2026-02-20T00:00:00Z' })
  .max(MAX_LENGTH)
  .refine(isInRange, {
    error: 'must be between the years 1 and 9999 in UTC',
    when: ({ issues }) => issues.length === 0,
  })
  .overwrite((text) => (isInRange(text) ? new Date(text).toISOString() : text));
