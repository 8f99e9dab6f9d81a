import { insertAudit, type Actor } from '../audit/audit-store.sql.ts';
import type { Database, Statement } from '../connection/database.ts';

export interface QueueStateRow {
  name: string;
  paused: boolean;
  changedAt: Date;
  changedBy: string;
}

/** Pauses of queues, queue time-outs of steps, and caps of task types. */
export interface QueueStateStore {
  /** Queues that were paused at least once. */
  list(): Promise<QueueStateRow[]>;
  /**
   * Pauses or resumes a queue. After the commit no step of a paused queue is acquired; running attempts continue. Its `queued`
   * steps become `ready`, so that they do not use up caps. Idempotent: a repeated call returns `changed: false` and keeps time
   * and actor. Writes an audit row for a change.
   */
  set(name: string, paused: boolean, actor: Actor): Promise<QueueStateRow & { changed: boolean }>;
  /** Replaces all caps of task types. */
  replaceTypeCaps(caps: Readonly<Record<string, number>>): Promise<void>;
  /**
   * Steps past their queue time-out: their own, else that of their queue in `limitsMs`. Ignores other queues and paused ones,
   * whose waits start over when they are resumed. Fair among queues and tenants.
   */
  queueTimedOutSteps(
    limitsMs: Readonly<Record<string, number>>,
    limit: number,
    withoutTaskIds?: readonly string[],
  ): Promise<{ stepId: string; taskId: string }[]>;
}

const COLUMNS = `name, paused, changed_at AS "changedAt", changed_by AS "changedBy"`;
const LIST: Statement = { name: 'queues.list', text: `SELECT ${COLUMNS} FROM queue_state ORDER BY name` };
const GET: Statement = { name: 'queues.get', text: `SELECT ${COLUMNS} FROM queue_state WHERE name = $1` };
const SET: Statement = {
  name: 'queues.set',
  text: `INSERT INTO queue_state AS q (name, paused, changed_by) VALUES ($1, $2, $3)
         ON CONFLICT (name) DO UPDATE SET paused = $2, changed_at = pressroom_now(), changed_by = $3 WHERE q.paused <> $2
         RETURNING ${COLUMNS}`,
};
// Skips locked steps, whose transaction decides; leftover jobs acquire nothing.
const UNQUEUE: Statement = {
  name: 'queues.unqueue',
  text: `UPDATE step SET status = 'ready' WHERE id IN
           (SELECT id FROM step WHERE status = 'queued' AND queue = $1 FOR UPDATE SKIP LOCKED)`,
};
const REPLACE_CAPS: Statement = {
  name: 'queues.replace_caps',
  text: `WITH new_caps AS (SELECT key AS task_type, value::int AS max_running FROM jsonb_each_text($1::jsonb)),
         removed_caps AS (DELETE FROM task_type_cap WHERE task_type NOT IN (SELECT task_type FROM new_caps))
         INSERT INTO task_type_cap (task_type, max_running) SELECT task_type, max_running FROM new_caps
         ON CONFLICT (task_type) DO UPDATE SET max_running = excluded.max_running`,
};

// A wait starts when the step is available, or when its queue is resumed. Ready steps without their own limit are read from
// an index ordered by wait; queued ones are few.
const TIMED_OUT: Statement = {
  name: 'queues.timed_out_steps',
  text: `
    WITH queue_limits AS (
      SELECT q.name, q.limit_ms, coalesce(z.paused, false) AS paused,
        CASE WHEN z.paused THEN NULL ELSE z.changed_at END AS resumed_at
      FROM unnest($2::text[], $3::bigint[]) AS q(name, limit_ms) LEFT JOIN queue_state z ON z.name = q.name
    ), candidate_steps AS (
      (SELECT s.id, s.task_id, s.queue, s.tenant_id, s.available_at, s.queue_timeout_ms FROM step s
       WHERE s.status = 'ready' AND s.queue_timeout_ms IS NOT NULL AND s.available_at <= pressroom_now())
      UNION ALL
      (SELECT s.id, s.task_id, s.queue, s.tenant_id, s.available_at, s.queue_timeout_ms FROM step s WHERE s.status = 'queued')
    )
    SELECT f."stepId", f."taskId" FROM (
      SELECT w.*, row_number() OVER (PARTITION BY w.queue, w.tenant_id ORDER BY w.available_at) AS nth FROM (
        SELECT o.id AS "stepId", o.task_id AS "taskId", o.queue, o.tenant_id, o.available_at
        FROM candidate_steps o JOIN queue_limits l ON l.name = o.queue AND NOT l.paused
        WHERE greatest(o.available_at, l.resumed_at) + coalesce(o.queue_timeout_ms, l.limit_ms) * interval '1 ms' < pressroom_now()
        UNION ALL
        SELECT v.id, v.task_id, l.name, v.tenant_id, v.available_at FROM queue_limits l CROSS JOIN LATERAL (
          SELECT s.id, s.task_id, s.tenant_id, s.available_at FROM step s
          WHERE s.status = 'ready' AND s.queue = l.name AND s.queue_timeout_ms IS NULL
            AND s.available_at < pressroom_now() - l.limit_ms * interval '1 ms' OFFSET 0) v
        WHERE NOT l.paused AND (l.resumed_at IS NULL OR l.resumed_at + l.limit_ms * interval '1 ms' < pressroom_now())) w
      WHERE w."taskId" <> ALL ($4::uuid[])) f
    ORDER BY f.nth, f.available_at LIMIT $1`,
};

type Row = QueueStateRow & Record<string, unknown>;

export function createQueueStateStore(database: Database): QueueStateStore {
  return {
    queueTimedOutSteps: (limitsMs, limit, without = []) =>
      database.run<{ stepId: string; taskId: string }>(TIMED_OUT, [
        limit,
        Object.keys(limitsMs),
        Object.values(limitsMs),
        without,
      ]),
    list: () => database.run<Row>(LIST, []),
    set: (name, paused, actor) =>
      database.transaction(async (query) => {
        const [changed] = await query<Row>(SET, [name, paused, actor.keyId]);
        if (changed && paused) await query(UNQUEUE, [name]);
        const action = paused ? 'queue.pause' : 'queue.resume';
        if (changed) await insertAudit(query, [{ actor, tenantId: null, action, target: { kind: 'queue', id: name } }]);
        const row = changed ?? (await query<Row>(GET, [name]))[0];
        if (!row) throw new Error('the row of the queue is missing');
        return { ...row, changed: changed !== undefined };
      }),
    async replaceTypeCaps(caps) {
      await database.run(REPLACE_CAPS, [JSON.stringify(caps)]);
    },
  };
}
