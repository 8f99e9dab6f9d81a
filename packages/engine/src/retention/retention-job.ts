import type { LedgerArchive, RetentionStateRow, RetentionStore } from '@pressroom/db';
import { errorMessage, type Clock, type Logger } from '@pressroom/runtime';

import { listRetentionWindows } from './core/retention-windows.ts';
import type { RetentionConfig } from './retention-config.ts';

/** Rows of one statement: tens of milliseconds. */
const BATCH = 500;
/** One rule with a large backlog must not keep the others from their turn. */
const RULE_MS = 10_000;

/** A rule as it stands: what it would remove now, and what it removed last. */
export interface RetentionPreview {
  rule: string;
  /** Age from which on rows go, in days; null for the months of the ledger. */
  olderThanDays: number | null;
  due: number;
  oldestAt: Date | null;
  last: RetentionStateRow | undefined;
}

export interface RetentionJob {
  /**
   * Applies every rule once, each within its limits; a rule that fails leaves the others alone. `mayGoOn` is asked before
   * every statement. Answers the rows removed, by rule.
   */
  run(mayGoOn?: () => Promise<boolean>): Promise<Map<string, number>>;
  /**
   * What a run would do now. Changes nothing.
   *
   * @param other settings to count with instead of the job's own
   */
  preview(other?: RetentionConfig): Promise<RetentionPreview[]>;
}

interface Rule {
  name: string;
  olderThanDays: number | null;
  /** Removes a batch; answers how many went and whether there may be more. */
  step: () => Promise<{ removed: number; hasMore: boolean }>;
  due: () => Promise<{ due: number; oldestAt: Date | null }>;
}

export function createRetentionJob(deps: {
  store: RetentionStore;
  /** Absent: the ledger stays. */
  ledger: LedgerArchive | undefined;
  config: RetentionConfig;
  deadLetters: { endedDays: number; openDays: number };
  /** Called after each rule: rows removed, and how far it lags behind, for metrics. */
  onRule?: (facts: { rule: string; removed: number; failed: boolean }) => void;
  /** Called for each task that a run could not fold, for metrics. */
  onPassedOver?: () => void;
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
        const { compacted, next, narrowedTo, passedOver } = await store.compact(after, minutes, steps);
        after = next;
        steps = narrowedTo;
        if (passedOver !== undefined) {
          log.warn({ taskId: passedOver }, 'retention.task_too_large_to_fold');
          deps.onPassedOver?.();
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

  const apply = async (rule: Rule, mayGoOn: () => Promise<boolean>): Promise<number> => {
    const untilMs = clock.monotonicMs() + RULE_MS;
    let removed = 0;
    let error: string | null = null;
    try {
      while (await mayGoOn()) {
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
    async run(mayGoOn = () => Promise.resolve(true)) {
      const removed = new Map<string, number>();
      for (const rule of rules) {
        if (!(await mayGoOn())) break;
        removed.set(rule.name, await apply(rule, mayGoOn));
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
