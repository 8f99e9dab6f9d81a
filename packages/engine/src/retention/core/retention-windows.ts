import type { RetentionRuleName } from '@pressroom/db';

import type { RetentionConfig } from '../retention-config.ts';

/** A rule with the age from which on its rows go. */
export interface RetentionWindow {
  rule: RetentionRuleName;
  olderThanDays: number;
}

/** Kept after its expiry so that a reader with a slower clock never misses what it just saw. */
const EXPIRED_CACHE_DAYS = 1 / 24;
/** Longer than any bucket, breaker window, cooldown or lease lasts: what is that old has no effect any more. */
const IDLE_DAYS = 1;

/** The rules that apply, in the order in which they run: parts of a task before the task. */
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
