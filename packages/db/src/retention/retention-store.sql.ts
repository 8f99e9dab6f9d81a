import type { Database, Statement } from '../connection/database.ts';
import { isBeyondLimits } from '../connection/store-errors.ts';
import { findRule, type RetentionRule, type RetentionRuleName } from './retention-rules.sql.ts';

/** Rows that a rule would remove now. */
export interface DueRows {
  /** Counted up to `COUNT_LIMIT`. */
  due: number;
  oldestAt: Date | null;
}

/** Last run of a rule. */
export interface RetentionStateRow {
  rule: string;
  ranAt: Date;
  removedLast: number;
  removedTotal: number;
  error: string | null;
}

export interface Compaction {
  compacted: number;
  /** Cursor of the next call; null after the last task that is old enough. */
  next: string | null;
  /** Nothing was archived because the batch exceeded a limit of the server; read this number of steps in the next call. */
  narrowedTo?: number;
  /** The task that was skipped because it alone exceeds a limit of the server. */
  skippedTask?: string;
}

export interface RetentionStore {
  /** Removes at most `limit` older rows in one statement; returns how many. */
  remove(rule: RetentionRuleName, olderThanDays: number, limit: number): Promise<number>;
  /** Counts the rows that `remove` would remove. Read-only. */
  due(rule: RetentionRuleName, olderThanDays: number): Promise<DueRows>;
  /**
   * Archives tasks that finished more than `minutes` ago, in id order from `after`. Reads some hundred tasks per call, fewer
   * when their outputs are large. Idempotent. Skips tasks that are archived already, locked, or too large for PostgreSQL. Runs
   * one statement per call, so that the caller can renew a lease.
   *
   * @param steps `narrowedTo` of the previous call
   */
  compact(after: string | null, finishedForMinutes: number, steps?: number): Promise<Compaction>;
  dueForCompaction(finishedForMinutes: number): Promise<DueRows>;
  record(rule: string, removed: number, error: string | null): Promise<void>;
  states(): Promise<RetentionStateRow[]>;
}

/** Largest count; an exact higher number is not worth the time. */
const COUNT_LIMIT = 1_000_000;
/** Step rows read per compaction: some hundred tasks, in tens of milliseconds. */
const STEPS_AT_ONCE = 2_000;
/** Stored bytes of outputs per compaction; reading and compressing them takes about a second. */
const OUTPUT_BYTES_AT_ONCE = 8 * 1_024 * 1_024;
/** Factor by which a compaction that exceeded a limit of the server is reduced. */
const NARROWING = 8;
/** One tenant gets at most 1/10 of a batch while others wait. */
const TENANT_SHARE = 10;

const COMPACT: Statement = {
  name: 'retention.compact',
  text: `WITH task_sizes AS (
           SELECT c.task_id, b.bytes, sum(b.bytes) OVER (ORDER BY c.task_id) AS bytes_up_to
           FROM (SELECT DISTINCT s.task_id FROM (
                   SELECT x.task_id FROM step x WHERE x.task_id > $1::uuid ORDER BY x.task_id LIMIT $3) s) c
           CROSS JOIN LATERAL (
             SELECT coalesce(sum(pg_column_size(a.body)), 0) AS bytes FROM artifact a WHERE a.task_id = c.task_id) b
         ), selected_tasks AS MATERIALIZED (
           SELECT z.task_id FROM task_sizes z WHERE z.bytes_up_to - z.bytes < ${OUTPUT_BYTES_AT_ONCE}
         ), old_tasks AS (
           SELECT 1 FROM selected_tasks l JOIN task t ON t.id = l.task_id WHERE t.created_at < pressroom_now() - $2 * interval '1 minute' LIMIT 1
         ), compacted AS (
           SELECT count(*)::int AS count
           FROM compact_tasks(ARRAY(SELECT l.task_id FROM selected_tasks l), pressroom_now() - $2 * interval '1 minute')
         )
         -- Ids grow with time: when no task of the batch is old enough, no later one is.
         SELECT f.count AS compacted, (SELECT max(l.task_id::text) FROM selected_tasks l WHERE EXISTS (SELECT 1 FROM old_tasks)) AS next
         FROM compacted f`,
};
const NEXT_TASK: Statement = {
  name: 'retention.next_task',
  text: `SELECT x.task_id AS next FROM step x WHERE x.task_id > $1::uuid ORDER BY x.task_id LIMIT 1`,
};
const COMPACTABLE: Statement = {
  name: 'retention.compactable',
  text: `SELECT count(*)::int AS due, min(t.finished_at) AS "oldestAt" FROM (
           SELECT t.finished_at FROM task t
           WHERE t.finished_at < pressroom_now() - $1 * interval '1 minute'
             AND EXISTS (SELECT 1 FROM step s WHERE s.task_id = t.id) LIMIT ${COUNT_LIMIT}) t`,
};
const RECORD: Statement = {
  name: 'retention.record',
  text: `INSERT INTO retention_state AS r (rule, ran_at, removed_last, removed_total, error) VALUES ($1, pressroom_now(), $2, $2, $3)
         ON CONFLICT (rule) DO UPDATE SET ran_at = excluded.ran_at, removed_last = excluded.removed_last,
           removed_total = r.removed_total + excluded.removed_last, error = excluded.error`,
};
const STATES: Statement = {
  name: 'retention.states',
  text: `SELECT rule, ran_at AS "ranAt", removed_last::float8 AS "removedLast", removed_total::float8 AS "removedTotal", error
         FROM retention_state ORDER BY rule`,
};

/** Query of the due rows (`key`, `at`): oldest first, or the same share for every tenant. */
function dueRows({ due, byTenant }: RetentionRule, limit: string): string {
  if (!byTenant) return `SELECT d.key, d.at FROM (${due}) d ORDER BY d.at LIMIT ${limit}`;
  return `SELECT d.key, d.at FROM tenant n CROSS JOIN LATERAL (
            SELECT x.key, x.at, row_number() OVER (ORDER BY x.at) AS place
            FROM (${due} ORDER BY a.finished_at LIMIT greatest(1, ${limit} / ${TENANT_SHARE})) x) d
          ORDER BY d.place LIMIT ${limit}`;
}

export function createRetentionStore(database: Database): RetentionStore {
  return {
    async remove(name, olderThanDays, limit) {
      const rule = findRule(name);
      const statement = {
        name: `retention.remove:${name}`,
        text: `WITH due_keys AS MATERIALIZED (${dueRows(rule, '$2::int')}), removed_rows AS (${rule.remove})
               ${rule.also === undefined ? '' : `, also AS (${rule.also})`}
               SELECT count(*)::int AS count FROM removed_rows`,
      };
      const [row] = await database.run<{ count: number }>(statement, [olderThanDays, limit]);
      return row?.count ?? 0;
    },
    async due(name, olderThanDays) {
      const statement = {
        name: `retention.due:${name}`,
        text: `SELECT count(*)::int AS due, min(d.at) AS "oldestAt" FROM (${dueRows(findRule(name), `${COUNT_LIMIT * TENANT_SHARE}`)}) d`,
      };
      const [row] = await database.read<DueRows & Record<string, unknown>>(statement, [olderThanDays]);
      return row ?? { due: 0, oldestAt: null };
    },
    async compact(after, finishedForMinutes, steps = STEPS_AT_ONCE) {
      const from = after ?? '00000000-0000-0000-0000-000000000000';
      try {
        const values = [from, finishedForMinutes, steps];
        const [row] = await database.run<Compaction & Record<string, unknown>>(COMPACT, values);
        return row ?? { compacted: 0, next: null };
      } catch (error) {
        if (!isBeyondLimits(error)) throw error;
        if (steps > 1) return { compacted: 0, next: after, narrowedTo: Math.ceil(steps / NARROWING) };
        // A single task exceeds the limit: skips it, so that it does not block the tasks after it.
        const [passed] = await database.run<{ next: string }>(NEXT_TASK, [from]);
        return { compacted: 0, next: passed?.next ?? null, ...(passed && { skippedTask: passed.next }) };
      }
    },
    async dueForCompaction(finishedForMinutes) {
      const [row] = await database.read<DueRows & Record<string, unknown>>(COMPACTABLE, [finishedForMinutes]);
      return row ?? { due: 0, oldestAt: null };
    },
    async record(rule, removed, error) {
      await database.run(RECORD, [rule, removed, error]);
    },
    states: () => database.run<RetentionStateRow & Record<string, unknown>>(STATES, []),
  };
}
