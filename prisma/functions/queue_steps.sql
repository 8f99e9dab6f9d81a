-- Moves steps from `ready` to `queued` in the given order, up to the queue's look-ahead and the caps of tenants and task types;
-- none while the queue is paused. Checks everything again under one advisory lock, because several processes dispatch.
-- Skips steps that another transaction has locked. Locks no task row: other decisions treat `ready` and `queued` alike.
CREATE OR REPLACE FUNCTION queue_steps(p_queue text, p_steps uuid[], p_look_ahead int)
RETURNS TABLE (step_id uuid, task_id uuid, queue text, attempt int, priority smallint, begun boolean, interrupted boolean, pos bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('pressroom.dispatch', 0));
  -- If a server crash reverts this, the step is `ready` again, its job acquires nothing, and the next dispatch queues it again.
  PERFORM set_config('synchronous_commit', 'off', true);
  RETURN QUERY
  WITH candidates AS (
    -- OFFSET 0 forces a lookup by key. Otherwise the planner scans the whole index of ready steps for each of them.
    SELECT s.id, s.task_id, s.tenant_id, s.task_type, w.pos FROM unnest(p_steps) WITH ORDINALITY AS w(id, pos)
    CROSS JOIN LATERAL (SELECT x.* FROM step x WHERE x.id = w.id OFFSET 0 FOR UPDATE SKIP LOCKED) s
    CROSS JOIN LATERAL (SELECT x.finished_at FROM task x WHERE x.id = s.task_id OFFSET 0) t
    WHERE s.status = 'ready' AND s.queue = p_queue AND t.finished_at IS NULL
      AND NOT EXISTS (SELECT 1 FROM queue_state q WHERE q.name = p_queue AND q.paused)
  ), tenant_capacity AS (
    SELECT w.tenant_id, n.max_concurrency
      - (SELECT count(*) FROM step x WHERE x.status = 'running' AND x.tenant_id = w.tenant_id)
      - (SELECT count(*) FROM step x WHERE x.status = 'queued' AND x.tenant_id = w.tenant_id) AS remaining
    FROM (SELECT DISTINCT tenant_id FROM candidates) w JOIN tenant n ON n.id = w.tenant_id WHERE n.max_concurrency IS NOT NULL
  ), task_type_capacity AS (
    SELECT w.task_type, n.max_running
      - (SELECT count(*) FROM step x WHERE x.status = 'running' AND x.task_type = w.task_type)
      - (SELECT count(*) FROM step x WHERE x.status = 'queued' AND x.task_type = w.task_type) AS remaining
    FROM (SELECT DISTINCT task_type FROM candidates) w JOIN task_type_cap n ON n.task_type = w.task_type
  ), within_tenant_caps AS (
    SELECT w.* FROM (SELECT *, row_number() OVER (PARTITION BY tenant_id ORDER BY pos) AS tenant_rank FROM candidates) w
    LEFT JOIN tenant_capacity c ON c.tenant_id = w.tenant_id
    WHERE c.tenant_id IS NULL OR w.tenant_rank <= c.remaining
  ), allowed_steps AS (
    -- Only steps within the caps of their tenants count towards the cap of their task type.
    SELECT w.* FROM (SELECT o.*, row_number() OVER (PARTITION BY o.task_type ORDER BY o.pos) AS type_rank FROM within_tenant_caps o) w
    LEFT JOIN task_type_capacity c ON c.task_type = w.task_type
    WHERE c.task_type IS NULL OR w.type_rank <= c.remaining
    ORDER BY w.pos
    LIMIT greatest(0, p_look_ahead - (SELECT count(*) FROM step x WHERE x.status = 'queued' AND x.queue = p_queue))
  ), queued_steps AS (
    UPDATE step s SET status = 'queued', queued_at = pressroom_now() FROM allowed_steps a WHERE s.id = a.id
    RETURNING s.id, s.task_id, s.queue, s.attempt, s.deps <> '{}' OR s.attempt > 0 AS has_started,
      s.order_key < -15000000000000 AS interrupted, a.pos
  )
  SELECT m.id, m.task_id, m.queue, m.attempt, t.priority, m.has_started, m.interrupted, m.pos
  FROM queued_steps m JOIN task t ON t.id = m.task_id ORDER BY m.pos;
END $$;
