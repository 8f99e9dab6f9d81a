import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { latestFireMs, nextFireMs, validateScheduleRule, type CronRule } from './cron.ts';

const at = (iso: string): number => Date.parse(iso);
const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
const fires = (rule: CronRule, from: string, count: number): (string | null)[] => {
  const found: (string | null)[] = [];
  for (let afterMs: number | null = at(from); afterMs !== null && found.length < count;) {
    afterMs = nextFireMs(rule, afterMs);
    found.push(iso(afterMs));
  }
  return found;
};

describe('nextFireMs', () => {
  it('applies the rule in its time zone', () => {
    expect(fires({ cron: '30 6 * * 1-5', timeZone: 'Asia/Kolkata' }, '2026-03-06T12:00:00Z', 2)).toEqual([
      '2026-03-09T01:00:00.000Z',
      '2026-03-10T01:00:00.000Z',
    ]);
  });

  it('keeps the time of day across a change of daylight saving time', () => {
    expect(fires({ cron: '0 9 * * *', timeZone: 'America/New_York' }, '2026-03-07T00:00:00Z', 3)).toEqual([
      '2026-03-07T14:00:00.000Z',
      '2026-03-08T13:00:00.000Z',
      '2026-03-09T13:00:00.000Z',
    ]);
  });

  it('fires a skipped time of day at the end of the gap', () => {
    // In Berlin the clock goes from 02:00 to 03:00 on 29 March.
    expect(fires({ cron: '30 2 * * *', timeZone: 'Europe/Berlin' }, '2026-03-28T12:00:00Z', 2)).toEqual([
      '2026-03-29T01:00:00.000Z',
      '2026-03-30T00:30:00.000Z',
    ]);
  });

  it('fires a repeated time of day only the first time', () => {
    expect(fires({ cron: '30 2 * * *', timeZone: 'Europe/Berlin' }, '2026-10-24T12:00:00Z', 2)).toEqual([
      '2026-10-25T00:30:00.000Z',
      '2026-10-26T01:30:00.000Z',
    ]);
  });

  it('keeps an interval through gap and overlap', () => {
    const halfHourly = { cron: '*/30 * * * *', timeZone: 'Europe/Berlin' };
    for (const from of ['2026-03-29T00:00:00Z', '2026-10-24T23:00:00Z']) {
      const times = fires(halfHourly, from, 8).map((time) => at(time ?? ''));
      expect(times.slice(1).map((time, index) => time - (times[index] ?? 0))).toEqual(Array(7).fill(30 * 60_000));
    }
  });

  it('handles leap days and months without a 31st', () => {
    expect(fires({ cron: '0 0 29 2 *', timeZone: 'UTC' }, '2026-01-01T00:00:00Z', 1)).toEqual([
      '2028-02-29T00:00:00.000Z',
    ]);
    expect(fires({ cron: '0 0 31 * *', timeZone: 'UTC' }, '2026-01-31T00:00:00Z', 2)).toEqual([
      '2026-03-31T00:00:00.000Z',
      '2026-05-31T00:00:00.000Z',
    ]);
  });
});

describe('latestFireMs', () => {
  const daily = { cron: '0 6 * * *', timeZone: 'UTC' };

  it.each([
    ['at the very instant', '2026-03-02T06:00:00.000Z', '2026-03-02T06:00:00.000Z'],
    ['within its second', '2026-03-02T06:00:00.900Z', '2026-03-02T06:00:00.000Z'],
    ['a moment before', '2026-03-02T05:59:59.999Z', '2026-03-01T06:00:00.000Z'],
  ])('finds the latest fire %s', (_when, now, expected) => {
    expect(iso(latestFireMs(daily, at(now)))).toBe(expected);
  });

  it('agrees with nextFireMs at any time, also around daylight saving changes', () => {
    const rule = fc.record({
      cron: fc.constantFrom('*/7 * * * *', '0 * * * *', '30 2 * * *', '15 1,3 * * 0', '0 0 1 * *', '@weekly'),
      timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu'),
    });
    const instant = fc.integer({ min: at('2026-01-01T00:00:00Z'), max: at('2027-01-01T00:00:00Z') });
    fc.assert(
      fc.property(rule, instant, (given, nowMs) => {
        const latest = latestFireMs(given, nowMs);
        expect(latest).not.toBeNull();
        expect(latest).toBeLessThanOrEqual(nowMs);
        expect(nextFireMs(given, (latest ?? 0) - 1_000)).toBe(latest);
        expect(nextFireMs(given, latest ?? 0)).toBeGreaterThan(nowMs);
      }),
      { numRuns: 200 },
    );
  });
});

describe('validateScheduleRule', () => {
  const nowMs = at('2026-03-01T00:00:00Z');

  it.each(['30 6 * * 1-5', '@daily', '0 0 L * *', '*/15 8-18 * * MON-FRI'])('accepts %s', (cron) => {
    expect(validateScheduleRule({ cron, timeZone: 'Europe/Berlin' }, nowMs)).toEqual([]);
  });

  it.each([
    ['seconds', '* * * * * *'],
    ['a minute that there is not', '61 * * * *'],
    ['nothing', ''],
    ['prose', 'every day at six'],
    ['an instant', '2030-01-01T00:00:00'],
    ['the start of the system', '@reboot'],
    ['a day that never comes', '0 0 31 2 *'],
  ])('refuses %s', (_what, cron) => {
    expect(validateScheduleRule({ cron, timeZone: 'UTC' }, nowMs)).toMatchObject([{ path: 'cron' }]);
  });

  it.each(['Mars/Olympus', '+02:00', ''])('rejects the time zone "%s"', (timeZone) => {
    expect(validateScheduleRule({ cron: '@daily', timeZone }, nowMs)).toMatchObject([{ path: 'timeZone' }]);
  });

  it('reports both parts when both are invalid', () => {
    expect(validateScheduleRule({ cron: 'x', timeZone: '+02:00' }, nowMs).map(({ path }) => path)).toEqual([
      'timeZone',
      'cron',
    ]);
  });
});
