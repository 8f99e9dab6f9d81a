import type { LedgerArchive, RetentionStateRow, RetentionStore } from '@pressroom/db';
import { errorMessage, type Clock, type Logger } from '@pressroom/runtime';

import { listRetentionWindows } from './core/retention-windows.ts';
import type { RetentionConfig } from './retention-config.ts';

/** Rows per statement, which takes tens of milliseconds. */
const BATCH = 500;
/** Longest time per rule and run, so that a large backlog does not block other rules. */
const RULE_MS = 10_000;

/** A rule with the rows it would remove now, and its last run. */
export interface RetentionPreview {
  rule: string;
  /** Age from which rows are removed, in days; null for the months of the ledger. */
  olderThanDays: number | null;
  due: number;
  oldestAt: Date | null;
  last: RetentionStateRow | undefined;
}

export interface RetentionJob {
  /**
   * Applies every rule once, within its limits; a failing rule does not affect the others. Calls `mayContinue` before every
   * statement and stops when it is false. Returns the removed rows by rule.
   */
  run(mayContinue?: () => Promise<boolean>): Promise<Map<string, number>>;
  /**
   * Returns what a run would remove now. Read-only.
   *
   * @param other settings to use instead of the job's
   */
  preview(other?: RetentionConfig): Promise<RetentionPreview[]>;
}

interface Rule {
  name: string;
  olderThanDays: number | null;
  /** Removes a batch; returns the number of removed rows and whether there may be more. */
  step: () => Promise<{ removed: number; hasMore: boolean }>;
  due: () => Promise<{ due: number; oldestAt: Date | null }>;
}

export function createRetentionJob(deps: {
  store: RetentionStore;
  /** Undefined keeps the whole ledger. */
  ledger: LedgerArchive | undefined;
  config: RetentionConfig;
  deadLetters: { endedDays: number; openDays: number };
  /** Called after each rule, for metrics. */
  onRule?: (facts: { rule: string; removed: number; failed: boolean }) => void;
  /** Called for each task that could not be archived, for metrics. */
  onSkippedTask?: () => void;
  clock: Clock;
  log: Logger;
}): RetentionJob {
  const { store, ledger, config, clock, log } = deps;

  const compaction = (minutes: number): Rule => {
    let after: string | null = null;
    let steps: number | undefined;
    return {
      name: 'compact',
      olderThanDays: minutes / 1_440,
      async step() {
        const { compacted, next, narrowedTo, skippedTask } = await store.compact(after, minutes, steps);
        after = next;
        steps = narrowedTo;
        if (skippedTask !== undefined) {
          log.warn({ taskId: skippedTask }, 'retention.task_too_large_to_archive');
          deps.onSkippedTask?.();
        }
        return { removed: compacted, hasMore: next !== null || narrowedTo !== undefined };
      },
      due: () => store.dueForCompaction(minutes),
    };
  };
  const ledgerRule = (archive: LedgerArchive, months: number): Rule => ({
    name: 'ledger',
    olderThanDays: null,
    async step() {
      const archived = await archive.archiveNext(months);
      if (archived) log.info(archived, 'retention.ledger_archived');
      return { removed: archived?.rows ?? 0, hasMore: archived !== undefined };
    },
    due: () => archive.due(months),
  });
  const listRules = ({ compactAfterMinutes, ledgerMonths, ...windows }: RetentionConfig): Rule[] => [
    ...(compactAfterMinutes === null ? [] : [compaction(compactAfterMinutes)]),
    ...listRetentionWindows(windows, deps.deadLetters).map(({ rule, olderThanDays }): Rule => ({
      name: rule,
      olderThanDays,
      async step() {
        const removed = await store.remove(rule, olderThanDays, BATCH);
        return { removed, hasMore: removed > 0 };
      },
      due: () => store.due(rule, olderThanDays),
    })),
    ...(ledger && ledgerMonths !== null ? [ledgerRule(ledger, ledgerMonths)] : []),
  ];
  const rules = listRules(config);

  const apply = async (rule: Rule, mayContinue: () => Promise<boolean>): Promise<number> => {
    const untilMs = clock.monotonicMs() + RULE_MS;
    let removed = 0;
    let error: string | null = null;
    try {
      while (await mayContinue()) {
        const step = await rule.step();
        removed += step.removed;
        if (!step.hasMore || removed >= config.maxRowsPerRun || clock.monotonicMs() > untilMs) break;
      }
    } catch (cause) {
      error = errorMessage(cause);
      log.warn({ rule: rule.name, removed, reason: error }, 'retention.rule_failed');
    }
    if (removed > 0) log.info({ rule: rule.name, removed }, 'retention.removed');
    await store.record(rule.name, removed, error);
    deps.onRule?.({ rule: rule.name, removed, failed: error !== null });
    return removed;
  };

  return {
    async run(mayContinue = () => Promise.resolve(true)) {
      const removed = new Map<string, number>();
      for (const rule of rules) {
        if (!(await mayContinue())) break;
        removed.set(rule.name, await apply(rule, mayContinue));
      }
      return removed;
    },
    async preview(other) {
      const states = new Map((await store.states()).map((state) => [state.rule, state]));
      const previews: RetentionPreview[] = [];
      for (const rule of other ? listRules(other) : rules) {
        const { due, oldestAt } = await rule.due();
        previews.push({
          rule: rule.name,
          olderThanDays: rule.olderThanDays,
          due,
          oldestAt,
          last: states.get(rule.name),
        });
      }
      return previews;
    },
  };
}
