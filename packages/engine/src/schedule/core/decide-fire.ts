import { latestFireMs, nextFireMs, type CronRule } from './cron.ts';

/** A due schedule. */
export interface Due extends CronRule {
  overlap: 'allow' | 'skip';
  nextFireAtMs: number;
  lastTaskOpen: boolean;
}

export interface FireDecision {
  outcome: 'submit' | 'skip';
  /** Nominal time of this fire; part of its task's idempotency key. */
  fireAtMs: number;
  /** Next fire time; null when there is none. */
  nextFireAtMs: number | null;
}

/**
 * Decides what a due schedule does now. After an outage only the latest of the missed fires runs. With `skip`, a fire is skipped
 * while the task of the previous one is open. Pure.
 */
export function decideFire(schedule: Due, nowMs: number): FireDecision {
  const fireAtMs = Math.max(schedule.nextFireAtMs, latestFireMs(schedule, nowMs) ?? 0);
  return {
    outcome: schedule.overlap === 'skip' && schedule.lastTaskOpen ? 'skip' : 'submit',
    fireAtMs,
    nextFireAtMs: nextFireMs(schedule, Math.max(fireAtMs, nowMs)),
  };
}
