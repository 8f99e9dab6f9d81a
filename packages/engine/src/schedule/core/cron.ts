import { Cron } from 'croner';

export interface CronRule {
  /** Five fields, or `@hourly` and its like. */
  cron: string;
  /** IANA name. */
  timeZone: string;
}

/**
 * When a rule next fires after an instant; null when it never does again. In its time zone, daylight saving included: a
 * time of day that the clock skips fires as soon as the gap is over, one that it repeats fires the first time only; a rule
 * that fires at intervals (every half hour) keeps its interval through both. Pure.
 *
 * @param afterMs epoch milliseconds, exclusive
 * @throws {Error} when the rule is not valid; see `validateScheduleRule`
 */
export function nextFireMs(rule: CronRule, afterMs: number): number | null {
  return open(rule).nextRun(new Date(afterMs))?.getTime() ?? null;
}

/** The latest instant up to now at which a rule fired; null when there is none. */
export function latestFireMs(rule: CronRule, nowMs: number): number | null {
  // The library looks strictly before an instant, in whole seconds.
  const afterMs = (Math.floor(nowMs / 1_000) + 1) * 1_000;
  return open(rule).previousRuns(1, new Date(afterMs)).at(0)?.getTime() ?? null;
}

/** Every fault of a rule, or of the parts of one that are given, and in which part; none when it will fire. */
export function validateScheduleRule(
  { cron, timeZone = 'UTC' }: Partial<CronRule>,
  nowMs: number,
): { path: 'cron' | 'timeZone'; message: string }[] {
  const isKnownZone = isTimeZone(timeZone);
  const problems: ReturnType<typeof validateScheduleRule> = isKnownZone
    ? []
    : [{ path: 'timeZone', message: 'must be an IANA time zone such as "Europe/Berlin"' }];
  if (cron === undefined) return problems;
  try {
    if (nextFireMs({ cron, timeZone: isKnownZone ? timeZone : 'UTC' }, nowMs) === null)
      problems.push({ path: 'cron', message: 'will never fire' });
  } catch {
    problems.push({
      path: 'cron',
      message: 'must be five cron fields such as "30 6 * * 1-5", or @daily and the like',
    });
  }
  return problems;
}

/** Minutes are the finest grain: more often is what a queue is for. */
const open = ({ cron, timeZone }: CronRule): Cron => {
  if (/^\d{4}-/.test(cron)) throw new Error('an instant is no cron expression');
  return new Cron(cron, { paused: true, mode: '5-part', timezone: timeZone });
};

function isTimeZone(name: string): boolean {
  try {
    // Offsets such as +02:00 are taken by some runtimes, yet know no daylight saving.
    return (
      /^[A-Za-z]/.test(name) && new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
    );
  } catch {
    return false;
  }
}
