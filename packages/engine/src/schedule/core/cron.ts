import { Cron } from 'croner';

export interface CronRule {
  /** Five fields, or a nickname such as `@hourly`. */
  cron: string;
  /** IANA name. */
  timeZone: string;
}

/**
 * Returns the first fire time after an instant; null when there is none. Follows daylight saving time of the time zone: a time
 * of day that is skipped fires at the end of the gap, a repeated one fires the first time only, and a rule with an interval
 * (every half hour) keeps it. Pure.
 *
 * @param afterMs epoch milliseconds, exclusive
 * @throws {Error} when the rule is not valid; see `validateScheduleRule`
 */
export function nextFireMs(rule: CronRule, afterMs: number): number | null {
  return parse(rule).nextRun(new Date(afterMs))?.getTime() ?? null;
}

/** Returns the latest fire time up to now; null when there is none. Pure. */
export function latestFireMs(rule: CronRule, nowMs: number): number | null {
  // The library returns times strictly before an instant, in whole seconds.
  const afterMs = (Math.floor(nowMs / 1_000) + 1) * 1_000;
  return parse(rule).previousRuns(1, new Date(afterMs)).at(0)?.getTime() ?? null;
}

/** Validates a rule, or the given parts of one. Returns all issues with their part; none when the rule will fire. Pure. */
export function validateScheduleRule(
  { cron, timeZone = 'UTC' }: Partial<CronRule>,
  nowMs: number,
): { path: 'cron' | 'timeZone'; message: string }[] {
  const isKnownZone = isTimeZone(timeZone);
  const issues: ReturnType<typeof validateScheduleRule> = isKnownZone
    ? []
    : [{ path: 'timeZone', message: 'must be an IANA time zone such as "Europe/Berlin"' }];
  if (cron === undefined) return issues;
  try {
    if (nextFireMs({ cron, timeZone: isKnownZone ? timeZone : 'UTC' }, nowMs) === null)
      issues.push({ path: 'cron', message: 'will never fire' });
  } catch {
    issues.push({
      path: 'cron',
      message: 'must be five cron fields such as "30 6 * * 1-5", or a nickname such as @daily',
    });
  }
  return issues;
}

/** Parses a rule; minutes are the finest unit. */
const parse = ({ cron, timeZone }: CronRule): Cron => {
  if (/^\d{4}-/.test(cron)) throw new Error('an ISO instant is not a cron expression');
  return new Cron(cron, { paused: true, mode: '5-part', timezone: timeZone });
};

function isTimeZone(name: string): boolean {
  try {
    // Some runtimes accept offsets such as +02:00, which have no daylight saving time.
    return (
      /^[A-Za-z]/.test(name) && new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
    );
  } catch {
    return false;
  }
}
