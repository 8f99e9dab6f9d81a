import type { Database, Statement } from '../connection/database.ts';

/** Ready and running steps of one tenant in one queue. */
export interface TenantBacklog {
  queue: string;
  tenantId: string;
  weight: number;
  /** Steps of this tenant queued or running in any queue; 0 (not counted) for a tenant without a cap. */
  inFlight: number;
  maxConcurrency: number | null;
  /** Its first ready steps in order, at most the requested number. */
  head: { stepId: string; taskId: string; attempt: number; priority: number; hasStarted: boolean }[];
}

/** Slots and load of a queue. A paused queue reports no slots and no backlog. */
export interface QueueCapacity {
  queue: string;
  /** Summed concurrency of the live sessions that consume the queue. */
  slots: number;
  /** Of these, idle at the sessions' last heartbeats. */
  idle: number;
  /** Steps already in the queue store, waiting for a slot. */
  queued: number;
  /** Has it ready steps that are due? */
  hasBacklog: boolean;
  /** Queues that its workers consume, this one included; empty without a backlog. */
  pool: string[];
}

export interface QueuedStep {
  stepId: string;
  taskId: string;
  queue: string;
  /** Its last attempt; its job is for the next one. */
  attempt: number;
  priority: number;
  /** Does it belong to a started task, i.e. has it dependencies or been attempted? */
  hasStarted: boolean;
  /** Was it running when its worker crashed or handed it back? It runs before all others. */
  interrupted: boolean;
}

export interface DispatchStore {
  /** Capacity of every queue. */
  capacities(): Promise<QueueCapacity[]>;
  /** Due ready steps in a queue by tenant, at most `limit` each. */
  backlogs(queue: string, limit: number): Promise<TenantBacklog[]>;
  /**
   * Moves ready steps to `queued` in the given order, until the queue has `lookAhead` queued steps; returns those moved.
   * Counts caps and look-ahead again under a lock, so that concurrent dispatchers respect them together.
   */
  markQueued(queue: string, stepIds: readonly string[], lookAhead: number): Promise<QueuedStep[]>;
  /**
   * Steps queued for longer than `olderThanMs`, whose jobs may be lost; none of paused queues. At most `perQueue` of each
   * queue, fair among its tenants, so that a queue without workers does not hide lost jobs of other queues.
   */
  stale(olderThanMs: number, perQueue: number): Promise<QueuedStep[]>;
}

const CAPACITIES: Statement = {
  name: 'dispatch.capacities',
  text: `
    WITH pool AS MATERIALIZED (
      -- A worker that missed several heartbeats may have crashed: its slots do not count as idle.
      SELECT x.queues, sum(x.concurrency)::int AS slots,
        sum(greatest(0, x.concurrency - x.active)) FILTER (WHERE x.last_seen_at > now() - interval '2500 ms')::int AS idle
      FROM worker_session x WHERE x.expires_at > now() GROUP BY x.queues
    )
    SELECT q.name AS queue, CASE WHEN p.paused THEN 0 ELSE w.slots END AS slots, CASE WHEN p.paused THEN 0 ELSE w.idle END AS idle,
      (SELECT count(*) FROM step s WHERE s.status = 'queued' AND s.queue = q.name)::int AS queued, h.has_backlog AS "hasBacklog",
      CASE WHEN h.has_backlog THEN ARRAY(SELECT DISTINCT m FROM pool x, unnest(x.queues) m WHERE q.name = ANY (x.queues) ORDER BY m)
        ELSE '{}' END AS pool
    FROM unnest($1::text[]) AS q(name)
    CROSS JOIN LATERAL (SELECT EXISTS (SELECT 1 FROM queue_state z WHERE z.name = q.name AND z.paused) AS paused) p
    CROSS JOIN LATERAL (
      SELECT coalesce(sum(x.slots), 0)::int AS slots, coalesce(sum(x.idle), 0)::int AS idle
      FROM pool x WHERE q.name = ANY (x.queues)) w
    -- LIMIT 1 and OFFSET 0 instead of EXISTS: that may be planned as a hash of all ready steps.
    CROSS JOIN LATERAL (
      SELECT NOT p.paused AND coalesce((
        SELECT true FROM step s WHERE s.status = 'ready' AND s.queue = q.name AND s.available_at <= pressroom_now() LIMIT 1), false) AS has_backlog
      OFFSET 0) h`,
};
const BACKLOGS: Statement = {
  name: 'dispatch.backlogs',
  // A loose index scan over tenants and task types: one probe each, at any backlog. The bound on order_key follows from
  // step_order_key and skips steps scheduled for later. A task type at its cap is left out and does not block other types.
  text: `
    WITH RECURSIVE tenant_types AS (
      (SELECT s.tenant_id, s.task_type FROM step s WHERE s.status = 'ready' AND s.queue = $1
       ORDER BY s.tenant_id, s.task_type LIMIT 1)
      UNION ALL
      SELECT n.tenant_id, n.task_type FROM tenant_types p CROSS JOIN LATERAL (
        SELECT s.tenant_id, s.task_type FROM step s
        WHERE s.status = 'ready' AND s.queue = $1 AND (s.tenant_id, s.task_type) > (p.tenant_id, p.task_type)
        ORDER BY s.tenant_id, s.task_type LIMIT 1) n
    ), capped_types AS (
      SELECT c.task_type FROM task_type_cap c
      WHERE c.max_running <= (SELECT count(*) FROM step x WHERE x.status = 'running' AND x.task_type = c.task_type)
        + (SELECT count(*) FROM step x WHERE x.status = 'queued' AND x.task_type = c.task_type)
    )
    SELECT $1 AS queue, n.tenant_id AS "tenantId", coalesce(t.weight, 1) AS weight, t.max_concurrency AS "maxConcurrency",
      CASE WHEN t.max_concurrency IS NULL THEN 0
        ELSE (SELECT count(*) FROM step s WHERE s.status = 'running' AND s.tenant_id = n.tenant_id)::int
          + (SELECT count(*) FROM step s WHERE s.status = 'queued' AND s.tenant_id = n.tenant_id)::int END AS "inFlight",
      h.head
    FROM (SELECT DISTINCT k.tenant_id FROM tenant_types k) n LEFT JOIN tenant t ON t.id = n.tenant_id
    CROSS JOIN LATERAL (
      SELECT jsonb_agg(jsonb_build_object('stepId', r.id, 'taskId', r.task_id, 'attempt', r.attempt, 'priority', k.priority,
                       'hasStarted', r.has_started)
                       ORDER BY r.order_key, r.id) AS head
      FROM (
        SELECT w.* FROM tenant_types q CROSS JOIN LATERAL (
          SELECT s.id, s.task_id, s.attempt, s.order_key, s.deps <> '{}' OR s.attempt > 0 AS has_started FROM step s
          WHERE s.status = 'ready' AND s.queue = $1 AND s.tenant_id = q.tenant_id AND s.task_type = q.task_type
            AND s.available_at <= pressroom_now() AND s.order_key <= (extract(epoch FROM pressroom_now()) * 1000)::bigint + 120000
          ORDER BY s.order_key LIMIT $2) w
        WHERE q.tenant_id = n.tenant_id AND q.task_type NOT IN (SELECT c.task_type FROM capped_types c)
        ORDER BY w.order_key, w.id LIMIT $2) r
      JOIN task k ON k.id = r.task_id) h
    WHERE h.head IS NOT NULL`,
};
const MARK: Statement = {
  name: 'dispatch.mark_queued',
  text: `SELECT q."stepId", q."taskId", q.queue, q.attempt, q.priority, q."hasStarted", q.interrupted
         FROM queue_steps($1, $2::uuid[], $3) AS q("stepId", "taskId", queue, attempt, priority, "hasStarted", interrupted)`,
};
const STALE: Statement = {
  name: 'dispatch.stale',
  text: `SELECT s.id AS "stepId", s.task_id AS "taskId", q.name AS queue, s.attempt, t.priority, s.has_started AS "hasStarted", s.interrupted
         FROM unnest($3::text[]) AS q(name)
         CROSS JOIN LATERAL (
           SELECT x.* FROM (
             SELECT y.id, y.task_id, y.attempt, y.queued_at, y.deps <> '{}' OR y.attempt > 0 AS has_started,
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
    capacities: () => database.run<QueueCapacity & Record<string, unknown>>(CAPACITIES, [queues]),
    backlogs: (queue, limit) => database.run<TenantBacklog & Record<string, unknown>>(BACKLOGS, [queue, limit]),
    markQueued: (queue, stepIds, lookAhead) =>
      database.run<QueuedStep & Record<string, unknown>>(MARK, [queue, stepIds, lookAhead]),
    stale: (olderThanMs, perQueue) =>
      database.run<QueuedStep & Record<string, unknown>>(STALE, [olderThanMs, perQueue, queues]),
  };
}
