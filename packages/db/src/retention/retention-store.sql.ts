import type { Database, Statement } from '../connection/database.ts';
import { isBeyondLimits } from '../connection/store-errors.ts';
import { findRule, type RetentionRule, type RetentionRuleName } from './retention-rules.sql.ts';

/** What a rule would remove now. */
export interface DueRows {
  /** Counted no further than `COUNT_LIMIT`. */
  due: number;
  oldestAt: Date | null;
}

/** What a rule did when it last ran. */
export interface RetentionStateRow {
  rule: string;
  ranAt: Date;
  removedLast: number;
  removedTotal: number;
  error: string | null;
}

export interface Compaction {
  compacted: number;
  /** Where the next call goes on; null after the last task that is old enough. */
  next: string | null;
  /** Nothing was folded because the batch was beyond a limit of the server: the next call is to look at so many steps. */
  narrowedTo?: number;
  /** The task that was passed over, because it alone is more than PostgreSQL can fold. */
  passedOver?: string;
}

export interface RetentionStore {
  /** Removes at most `limit` rows that are older than this, in one statement; answers how many. */
  remove(rule: RetentionRuleName, olderThanDays: number, limit: number): Promise<number>;
  /** Counts what `remove` would remove, and changes nothing. */
  due(rule: RetentionRuleName, olderThanDays: number): Promise<DueRows>;
  /**
   * Folds tasks that finished longer ago than this into `task_archive`, in the order of their ids from `after` on. Looks at
   * some hundred tasks a call, fewer where their outputs are large. Idempotent: what is folded already, or locked, is passed
   * over, and so is a task that is more than PostgreSQL can fold. One statement a call, so that its caller can renew a lease.
   *
   * @param steps from `narrowedTo` of the call before
   */
  compact(after: string | null, finishedForMinutes: number, steps?: number): Promise<Compaction>;
  dueForCompaction(finishedForMinutes: number): Promise<DueRows>;
  record(rule: string, removed: number, error: string | null): Promise<void>;
  states(): Promise<RetentionStateRow[]>;
}

/** Counting further would read for long what nobody needs to the row. */
const COUNT_LIMIT = 1_000_000;
/** Step rows that one compaction looks at: some hundred tasks, in tens of milliseconds. */
const STEPS_AT_ONCE = 2_000;
/** Stored bytes of outputs after which one compaction ends: they are read and compressed anew, in about a second. */
const OUTPUT_BYTES_AT_ONCE = 8 * 1_024 * 1_024;
/** A compaction beyond a limit of the server is done again with so many times fewer tasks. */
const NARROWING = 8;
/** Share of a batch that one tenant can have while others wait. */
const TENANT_SHARE = 10;

const COMPACT: Statement = {
  name: 'retention.compact',
  text: `WITH sized AS (
           SELECT c.task_id, b.bytes, sum(b.bytes) OVER (ORDER BY c.task_id) AS bytes_up_to
           FROM (SELECT DISTINCT s.task_id FROM (
                   SELECT x.task_id FROM step x WHERE x.task_id > $1::uuid ORDER BY x.task_id LIMIT $3) s) c
           CROSS JOIN LATERAL (
             SELECT coalesce(sum(pg_column_size(a.body)), 0) AS bytes FROM artifact a WHERE a.task_id = c.task_id) b
         ), looked AS MATERIALIZED (
           SELECT z.task_id FROM sized z WHERE z.bytes_up_to - z.bytes < ${OUTPUT_BYTES_AT_ONCE}
         ), old_enough AS (
           SELECT 1 FROM looked l JOIN task t ON t.id = l.task_id WHERE t.created_at < pressroom_now() - $2 * interval '1 minute' LIMIT 1
         ), folded AS (
           SELECT count(*)::int AS count
           FROM compact_tasks(ARRAY(SELECT l.task_id FROM looked l), pressroom_now() - $2 * interval '1 minute')
         )
         -- Ids grow with time: where no task is old enough, none behind it is.
         SELECT f.count AS compacted, (SELECT max(l.task_id::text) FROM looked l WHERE EXISTS (SELECT 1 FROM old_enough)) AS next
         FROM folded f`,
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

/** The rows that are due, as a query of `key` and `at`: oldest first, or the same share for every tenant. */
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
        text: `WITH chosen AS MATERIALIZED (${dueRows(rule, '$2::int')}), removed AS (${rule.remove})
               ${rule.also === undefined ? '' : `, also AS (${rule.also})`}
               SELECT count(*)::int AS count FROM removed`,
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
        // One task alone is too much. It stays as it is; those behind it must not stay with it.
        const [passed] = await database.run<{ next: string }>(NEXT_TASK, [from]);
        return { compacted: 0, next: passed?.next ?? null, ...(passed && { passedOver: passed.next }) };
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
