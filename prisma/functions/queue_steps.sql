-- Moves steps from `ready` to `queued`, in the order given, as far as the queue's look-ahead and the caps of their tenants and
-- task types allow, and unless the queue is paused, at this moment: any number of processes dispatch, so what they read before may be taken. No task row is locked:
-- a step that somebody else is changing is passed over, and every decision treats `ready` and `queued` alike.
CREATE OR REPLACE FUNCTION queue_steps(p_queue text, p_steps uuid[], p_look_ahead int)
RETURNS TABLE (step_id uuid, task_id uuid, queue text, attempt int, priority smallint, begun boolean, interrupted boolean, pos bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('pressroom.dispatch', 0));
  -- What a crash of the server makes of it, `ready` again with a job that finds nothing, the next round queues once more.
  PERFORM set_config('synchronous_commit', 'off', true);
  RETURN QUERY
  WITH wanted AS (
    -- Each by its key, its state looked at afterwards: an index of what is ready looks small to the planner, and would be read
    -- from end to end for every one of these few.
    SELECT s.id, s.task_id, s.tenant_id, s.task_type, w.pos FROM unnest(p_steps) WITH ORDINALITY AS w(id, pos)
    CROSS JOIN LATERAL (SELECT x.* FROM step x WHERE x.id = w.id OFFSET 0 FOR UPDATE SKIP LOCKED) s
    CROSS JOIN LATERAL (SELECT x.finished_at FROM task x WHERE x.id = s.task_id OFFSET 0) t
    WHERE s.status = 'ready' AND s.queue = p_queue AND t.finished_at IS NULL
      AND NOT EXISTS (SELECT 1 FROM queue_state q WHERE q.name = p_queue AND q.paused)
  ), capped AS (
    SELECT w.tenant_id, n.max_concurrency
      - (SELECT count(*) FROM step x WHERE x.status = 'running' AND x.tenant_id = w.tenant_id)
      - (SELECT count(*) FROM step x WHERE x.status = 'queued' AND x.tenant_id = w.tenant_id) AS rest
    FROM (SELECT DISTINCT tenant_id FROM wanted) w JOIN tenant n ON n.id = w.tenant_id WHERE n.max_concurrency IS NOT NULL
  ), capped_type AS (
    SELECT w.task_type, n.max_running
      - (SELECT count(*) FROM step x WHERE x.status = 'running' AND x.task_type = w.task_type)
      - (SELECT count(*) FROM step x WHERE x.status = 'queued' AND x.task_type = w.task_type) AS rest
    FROM (SELECT DISTINCT task_type FROM wanted) w JOIN task_type_cap n ON n.task_type = w.task_type
  ), of_tenant AS (
    SELECT w.* FROM (SELECT *, row_number() OVER (PARTITION BY tenant_id ORDER BY pos) AS nth FROM wanted) w
    LEFT JOIN capped c ON c.tenant_id = w.tenant_id
    WHERE c.tenant_id IS NULL OR w.nth <= c.rest
  ), allowed AS (
    -- Only what its tenant may run counts against its task type.
    SELECT w.* FROM (SELECT o.*, row_number() OVER (PARTITION BY o.task_type ORDER BY o.pos) AS nth_of_type FROM of_tenant o) w
    LEFT JOIN capped_type c ON c.task_type = w.task_type
    WHERE c.task_type IS NULL OR w.nth_of_type <= c.rest
    ORDER BY w.pos
    LIMIT greatest(0, p_look_ahead - (SELECT count(*) FROM step x WHERE x.status = 'queued' AND x.queue = p_queue))
  ), moved AS (
    UPDATE step s SET status = 'queued', queued_at = pressroom_now() FROM allowed a WHERE s.id = a.id
    RETURNING s.id, s.task_id, s.queue, s.attempt, s.deps <> '{}' OR s.attempt > 0 AS begun,
      s.order_key < -15000000000000 AS interrupted, a.pos
  )
  SELECT m.id, m.task_id, m.queue, m.attempt, t.priority, m.begun, m.interrupted, m.pos
  FROM moved m JOIN task t ON t.id = m.task_id ORDER BY m.pos;
END $$;
