import { latestFireMs, nextFireMs, type CronRule } from './cron.ts';

/** A schedule that is due. */
export interface Due extends CronRule {
  overlap: 'allow' | 'skip';
  nextFireAtMs: number;
  lastTaskOpen: boolean;
}

export interface FireDecision {
  outcome: 'submit' | 'skip';
  /** The instant this fire stands for; names its task. */
  fireAtMs: number;
  /** When it fires next; null is never. */
  nextFireAtMs: number | null;
}

/**
 * What a due schedule does now. Of several fires that were missed while nobody looked only the latest counts: a week's
 * worth of daily digests at once helps nobody. With `skip`, a fire is left out while the task of the last one is open. Pure.
 */
export function decideFire(schedule: Due, nowMs: number): FireDecision {
  const fireAtMs = Math.max(schedule.nextFireAtMs, latestFireMs(schedule, nowMs) ?? 0);
  return {
    outcome: schedule.overlap === 'skip' && schedule.lastTaskOpen ? 'skip' : 'submit',
    fireAtMs,
    nextFireAtMs: nextFireMs(schedule, Math.max(fireAtMs, nowMs)),
  };
}
