import {
  createLedgerArchive,
  createLoopLeaseStore,
  createRetentionStore,
  createStorageStore,
  type Database,
} from '@pressroom/db';
import { createRetentionJob, RetentionConfig, startRetentionLoops, type RetentionPreview } from '@pressroom/engine';
import { systemClock as clock, type Logger, type Metrics, type Shutdown } from '@pressroom/runtime';

import type { CoordinatorConfig } from '../config.ts';
import { formatIssues } from '../core/format-issues.ts';
import { invalid } from '../errors/request-error.ts';
import type { RetentionQueries } from '../ports.ts';
import { prepareArchiveDirectory } from './archive-directory.ts';

/** Joins retention to its stores and metrics and starts its loops. */
export function startRetention(
  database: Database,
  deps: {
    config: CoordinatorConfig;
    metrics: Metrics | undefined;
    log: Logger;
    shutdown: Shutdown;
  },
): RetentionQueries {
  const { metrics, log } = deps;
  const { retention, deadLetters } = deps.config;
  const directory = retention.ledgerArchiveDir;
  if (directory !== null) prepareArchiveDirectory(directory);
  const removed = metrics?.counter('retention_removed_total', 'Rows that retention removed', ['kind']);
  const failures = metrics?.counter('retention_failures_total', 'Runs of a retention rule that failed', ['kind']);
  const tooLarge = metrics?.counter('retention_tasks_too_large_total', 'Tasks that are too large to archive', []);
  const lastRun = metrics?.gauge('retention_last_run_timestamp_seconds', 'When a retention rule last ran', ['kind']);
  const dueRows = metrics?.gauge('retention_due_rows', 'Rows past their retention that are still there', ['kind']);
  const lag = metrics?.gauge('retention_lag_seconds', 'How long the oldest of these has been due', ['kind']);

  const job = createRetentionJob({
    store: createRetentionStore(database),
    ledger:
      directory === null
        ? undefined
        : createLedgerArchive({ databaseUrl: deps.config.database.url.reveal(), directory, clock }),
    config: retention,
    deadLetters: deadLetters.retention,
    onRule: ({ rule, removed: rows, failed }) => {
      removed?.inc({ kind: rule }, rows);
      if (failed) failures?.inc({ kind: rule });
      lastRun?.set({ kind: rule }, clock.nowMs() / 1_000);
    },
    onSkippedTask: () => tooLarge?.inc({}),
    clock,
    log,
  });
  const loops = startRetentionLoops({
    job,
    intervalSeconds: retention.intervalSeconds,
    storage: createStorageStore(database),
    leases: createLoopLeaseStore(database),
    onPreview: (previews) => {
      for (const preview of previews) {
        dueRows?.set({ kind: preview.rule }, preview.due);
        lag?.set({ kind: preview.rule }, lagSeconds(preview));
      }
    },
    clock,
    log,
  });
  deps.shutdown.register('retention loops', () => loops.stop());
  return {
    async preview(changes) {
      if (Object.keys(changes).length === 0) return { rules: (await job.preview()).map(toView) };
      const parsed = RetentionConfig.safeParse({ ...retention, ...changes }, { reportInput: true });
      if (!parsed.success) throw invalid(firstOfEachPath(formatIssues(parsed.error.issues)));
      return { rules: (await job.preview(parsed.data)).map(toView) };
    },
  };
}

/** One fault a setting: a value that is out of range breaks the rules between settings too. */
const firstOfEachPath = <Issue extends { path: string }>(faults: readonly Issue[]): Issue[] =>
  faults.filter(({ path }, index) => faults.findIndex((other) => other.path === path) === index);

function lagSeconds({ oldestAt, olderThanDays }: RetentionPreview): number {
  if (oldestAt === null) return 0;
  return Math.max(0, (clock.nowMs() - oldestAt.getTime()) / 1_000 - (olderThanDays ?? 0) * 86_400);
}

const toView = ({ rule, olderThanDays, due, oldestAt, last }: RetentionPreview) => ({
  rule,
  olderThanDays,
  dueRows: Math.round(due),
  oldestAt: oldestAt?.toISOString() ?? null,
  lastRunAt: last?.ranAt.toISOString() ?? null,
  removedLast: last?.removedLast ?? 0,
  removedTotal: last?.removedTotal ?? 0,
  error: last?.error ?? null,
});
