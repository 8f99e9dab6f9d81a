import type { RetentionRuleName } from '@pressroom/db';

import type { RetentionConfig } from '../retention-config.ts';

/** A rule with the age from which it removes rows. */
export interface RetentionWindow {
  rule: RetentionRuleName;
  olderThanDays: number;
}

/** Grace period after expiry, for readers with slower clocks. */
const EXPIRED_CACHE_DAYS = 1 / 24;
/** Longer than any rate bucket, breaker window, cooldown or lease, so that older rows have no effect. */
const IDLE_DAYS = 1;

/** The active rules in execution order: parts of a task before the task. Pure. */
export function listRetentionWindows(
  config: Omit<RetentionConfig, 'compactAfterMinutes' | 'ledgerMonths'>,
  deadLetters: { endedDays: number; openDays: number },
): RetentionWindow[] {
  const windows: readonly [RetentionRuleName, number | null][] = [
    ['event', config.eventDays],
    ['attempt', config.attemptDays],
    ['call', config.callDays],
    ['content', config.contentDays],
    ['task', config.taskDays],
    ['dead_letter_ended', deadLetters.endedDays],
    ['dead_letter_open', deadLetters.openDays],
    ['operation', deadLetters.endedDays],
    ['alert', deadLetters.endedDays],
    ['audit', config.auditDays],
    ['api_key', config.keyDays],
    ['cache_entry', EXPIRED_CACHE_DAYS],
    ['tenant_rate', IDLE_DAYS],
    ['breaker', IDLE_DAYS],
    ['pool_scaling', IDLE_DAYS],
    ['loop_lease', IDLE_DAYS],
  ];
  return windows.flatMap(([rule, olderThanDays]) => (olderThanDays === null ? [] : [{ rule, olderThanDays }]));
}
