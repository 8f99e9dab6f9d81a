import type { Database, Statement } from '../connection/database.ts';

/** What one tenant has waiting and running in one queue. */
export interface TenantBacklog {
  queue: string;
  tenantId: string;
  weight: number;
  /** Steps of this tenant queued or running anywhere; 0 where no cap makes it worth counting. */
  inFlight: number;
  maxConcurrency: number | null;
  /** Its first ready steps in order, as many as the queue has room for. */
  head: { stepId: string; taskId: string; attempt: number; priority: number; begun: boolean }[];
}

/** What a queue has room for; a paused one has none and nobody waits in it. */
export interface QueueRoom {
  queue: string;
  /** Concurrency of live sessions on the queue. */
  slots: number;
  /** Of these, idle at the sessions' last heartbeats. */
  idle: number;
  /** Steps already in the queue store, waiting for a slot. */
  queued: number;
  /** Do ready steps wait that are due? */
  contended: boolean;
  /** Queues that its workers consume, this one among them; empty where nobody waits. */
  pool: string[];
}

export interface QueuedStep {
  stepId: string;
  taskId: string;
  queue: string;
  /** The attempt it stands at; its job is for the next. */
  attempt: number;
  priority: number;
  /** Does it belong to a task that has begun, i.e. has it dependencies or been attempted? */
  begun: boolean;
  /** Was it running when its worker died or handed it back? It goes before all others. */
  interrupted: boolean;
}

export interface DispatchStore {
  /** Every queue with its room. */
  rooms(): Promise<QueueRoom[]>;
  /** Heads of all tenants with due ready steps in a queue, at most `limit` each. */
  backlogs(queue: string, limit: number): Promise<TenantBacklog[]>;
  /**
   * Ready steps → queued, in the order given and at most until the queue holds `lookAhead` of them; answers those moved.
   * Caps and look-ahead are counted again under a lock, so that many dispatchers together keep to them too.
   */
  markQueued(queue: string, stepIds: readonly string[], lookAhead: number): Promise<QueuedStep[]>;
  /**
   * Steps queued longer than `olderThanMs`, but for paused queues: their jobs may be lost. Adding a job again is harmless.
   * At most `perQueue` of each queue, fair among its tenants: a queue that nobody serves hides no other's lost jobs.
   */
  stale(olderThanMs: number, perQueue: number): Promise<QueuedStep[]>;
}

const ROOMS: Statement = {
  name: 'dispatch.rooms',
  text: `
    WITH pool AS MATERIALIZED (
      -- Silent for several heartbeats, a worker may be dead: nobody takes what is let go for its slots.
      SELECT x.queues, sum(x.concurrency)::int AS slots,
        sum(greatest(0, x.concurrency - x.active)) FILTER (WHERE x.last_seen_at > now() - interval '1500 ms')::int AS idle
      FROM worker_session x WHERE x.expires_at > now() GROUP BY x.queues
    )
    SELECT q.name AS queue, CASE WHEN p.paused THEN 0 ELSE w.slots END AS slots, CASE WHEN p.paused THEN 0 ELSE w.idle END AS idle,
      (SELECT count(*) FROM step s WHERE s.status = 'queued' AND s.queue = q.name)::int AS queued, c.contended,
      CASE WHEN c.contended THEN ARRAY(SELECT DISTINCT m FROM pool x, unnest(x.queues) m WHERE q.name = ANY (x.queues) ORDER BY m)
        ELSE '{}' END AS pool
    FROM unnest($1::text[]) AS q(name)
    CROSS JOIN LATERAL (SELECT EXISTS (SELECT 1 FROM queue_state z WHERE z.name = q.name AND z.paused) AS paused) p
    CROSS JOIN LATERAL (
      SELECT coalesce(sum(x.slots), 0)::int AS slots, coalesce(sum(x.idle), 0)::int AS idle
      FROM pool x WHERE q.name = ANY (x.queues)) w
    -- The first that is found, queue by queue: an EXISTS here may be planned as a hash of everything that waits.
    CROSS JOIN LATERAL (
      SELECT NOT p.paused AND coalesce((
        SELECT true FROM step s WHERE s.status = 'ready' AND s.queue = q.name AND s.available_at <= pressroom_now() LIMIT 1), false) AS contended
      OFFSET 0) c`,
};
const BACKLOGS: Statement = {
  name: 'dispatch.backlogs',
  // Walks tenants and their task types with a loose index scan: one probe for each, whatever the backlog. The bound on the
  // order key is that of step_order_key: it keeps the scan off steps scheduled for later. A type at its cap is left out, so
  // that it holds up no other of its tenant.
  text: `
    WITH RECURSIVE kinds AS (
      (SELECT s.tenant_id, s.task_type FROM step s WHERE s.status = 'ready' AND s.queue = $1
       ORDER BY s.tenant_id, s.task_type LIMIT 1)
      UNION ALL
      SELECT n.tenant_id, n.task_type FROM kinds p CROSS JOIN LATERAL (
        SELECT s.tenant_id, s.task_type FROM step s
        WHERE s.status = 'ready' AND s.queue = $1 AND (s.tenant_id, s.task_type) > (p.tenant_id, p.task_type)
        ORDER BY s.tenant_id, s.task_type LIMIT 1) n
    ), at_cap AS (
      SELECT c.task_type FROM task_type_cap c
      WHERE c.max_running <= (SELECT count(*) FROM step x WHERE x.status = 'running' AND x.task_type = c.task_type)
        + (SELECT count(*) FROM step x WHERE x.status = 'queued' AND x.task_type = c.task_type)
    )
    SELECT $1 AS queue, n.tenant_id AS "tenantId", coalesce(t.weight, 1) AS weight, t.max_concurrency AS "maxConcurrency",
      CASE WHEN t.max_concurrency IS NULL THEN 0
        ELSE (SELECT count(*) FROM step s WHERE s.status = 'running' AND s.tenant_id = n.tenant_id)::int
          + (SELECT count(*) FROM step s WHERE s.status = 'queued' AND s.tenant_id = n.tenant_id)::int END AS "inFlight",
      h.head
    FROM (SELECT DISTINCT k.tenant_id FROM kinds k) n LEFT JOIN tenant t ON t.id = n.tenant_id
    CROSS JOIN LATERAL (
      SELECT jsonb_agg(jsonb_build_object('stepId', r.id, 'taskId', r.task_id, 'attempt', r.attempt, 'priority', k.priority,
                       'begun', r.begun)
                       ORDER BY r.order_key, r.id) AS head
      FROM (
        SELECT w.* FROM kinds q CROSS JOIN LATERAL (
          SELECT s.id, s.task_id, s.attempt, s.order_key, s.deps <> '{}' OR s.attempt > 0 AS begun FROM step s
          WHERE s.status = 'ready' AND s.queue = $1 AND s.tenant_id = q.tenant_id AND s.task_type = q.task_type
            AND s.available_at <= pressroom_now() AND s.order_key <= (extract(epoch FROM pressroom_now()) * 1000)::bigint + 120000
          ORDER BY s.order_key LIMIT $2) w
        WHERE q.tenant_id = n.tenant_id AND q.task_type NOT IN (SELECT c.task_type FROM at_cap c)
        ORDER BY w.order_key, w.id LIMIT $2) r
      JOIN task k ON k.id = r.task_id) h
    WHERE h.head IS NOT NULL`,
};
const MARK: Statement = {
  name: 'dispatch.mark_queued',
  text: `SELECT step_id AS "stepId", task_id AS "taskId", queue, attempt, priority, begun, interrupted FROM queue_steps($1, $2::uuid[], $3)`,
};
const STALE: Statement = {
  name: 'dispatch.stale',
  text: `SELECT s.id AS "stepId", s.task_id AS "taskId", q.name AS queue, s.attempt, t.priority, s.begun, s.interrupted
         FROM unnest($3::text[]) AS q(name)
         CROSS JOIN LATERAL (
           SELECT x.* FROM (
             SELECT y.id, y.task_id, y.attempt, y.queued_at, y.deps <> '{}' OR y.attempt > 0 AS begun,
               y.order_key < -15000000000000 AS interrupted, row_number() OVER (PARTITION BY y.tenant_id ORDER BY y.queued_at) AS nth
             FROM step y
             WHERE y.status = 'queued' AND y.queue = q.name AND y.queued_at < pressroom_now() - $1 * interval '1 ms'
               AND (SELECT z.finished_at IS NULL FROM task z WHERE z.id = y.task_id)) x
           ORDER BY x.nth, x.queued_at LIMIT $2) s
         JOIN task t ON t.id = s.task_id
         WHERE NOT EXISTS (SELECT 1 FROM queue_state z WHERE z.name = q.name AND z.paused)
         ORDER BY s.queued_at`,
};

export function createDispatchStore(database: Database, queues: readonly string[]): DispatchStore {
  return {
    rooms: () => database.run<QueueRoom & Record<string, unknown>>(ROOMS, [queues]),
    backlogs: (queue, limit) => database.run<TenantBacklog & Record<string, unknown>>(BACKLOGS, [queue, limit]),
    markQueued: (queue, stepIds, lookAhead) =>
      database.run<QueuedStep & Record<string, unknown>>(MARK, [queue, stepIds, lookAhead]),
    stale: (olderThanMs, perQueue) =>
      database.run<QueuedStep & Record<string, unknown>>(STALE, [olderThanMs, perQueue, queues]),
  };
}
