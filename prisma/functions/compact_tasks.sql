-- Archives finished tasks: moves steps, outputs, attempts and events of each into one row of task_archive. Skips tasks that are
-- locked, open, archived already, or that have open reservations. Returns the archived tasks.
CREATE OR REPLACE FUNCTION compact_tasks(p_tasks uuid[], p_finished_before timestamptz) RETURNS SETOF uuid LANGUAGE plpgsql AS $$
DECLARE
  v_tasks uuid[];
BEGIN
  v_tasks := ARRAY(
    SELECT t.id FROM task t
    WHERE t.id = ANY (p_tasks) AND t.finished_at < p_finished_before
      AND NOT EXISTS (SELECT 1 FROM task_archive a WHERE a.task_id = t.id)
      AND t.id <> ALL (ARRAY(SELECT r.task_id FROM reservation r))
    ORDER BY t.id FOR UPDATE SKIP LOCKED);
  IF v_tasks = '{}' THEN RETURN; END IF;
  -- If a server crash reverts this, the next run archives the same tasks again.
  PERFORM set_config('synchronous_commit', 'off', true);

  -- Renderings are recomputed on demand.
  DELETE FROM result_rendering r WHERE r.task_id = ANY (v_tasks);
  WITH removed_steps AS (
    DELETE FROM step s WHERE s.task_id = ANY (v_tasks) RETURNING s.*
  ), removed_artifacts AS (
    DELETE FROM artifact a WHERE a.task_id = ANY (v_tasks) RETURNING a.*
  ), removed_attempts AS (
    DELETE FROM attempt a WHERE a.task_id = ANY (v_tasks) RETURNING a.*
  ), removed_events AS (
    DELETE FROM task_event e WHERE e.task_id = ANY (v_tasks) RETURNING e.*
  ), removed_budgets AS (
    DELETE FROM budget_counter b WHERE b.key IN (SELECT 'task:' || x FROM unnest(v_tasks) x) RETURNING b.*
  ), step_lists AS (
    -- Strips nulls, except inside `params` and `error`.
    SELECT s.task_id, jsonb_agg(jsonb_strip_nulls(to_jsonb(s) - 'task_id' - 'tenant_id' - 'task_type' - 'params' - 'error')
      || CASE WHEN s.params = '{}' THEN '{}' ELSE jsonb_build_object('params', s.params) END
      || CASE WHEN s.error IS NULL THEN '{}' ELSE jsonb_build_object('error', s.error) END ORDER BY s.key) AS list
    FROM removed_steps s GROUP BY 1
  ), artifact_lists AS (
    SELECT a.task_id, jsonb_agg(to_jsonb(a) - 'task_id' - 'id' - 'body' ORDER BY a.step_key, a.version) AS list,
      jsonb_agg(a.body ORDER BY a.step_key, a.version) AS bodies, sum(pg_column_size(a.body)) AS bytes
    FROM removed_artifacts a GROUP BY 1
  ), attempt_lists AS (
    SELECT a.task_id, jsonb_agg(jsonb_strip_nulls(to_jsonb(a) - 'task_id' - 'error')
      || CASE WHEN a.error IS NULL THEN '{}' ELSE jsonb_build_object('error', a.error) END ORDER BY a.finished_at, a.step_id) AS list
    FROM removed_attempts a GROUP BY 1
  ), event_lists AS (
    SELECT e.task_id, jsonb_agg(to_jsonb(e) - 'task_id' ORDER BY e.seq) AS list FROM removed_events e GROUP BY 1
  ), inserted_archives AS (
    INSERT INTO task_archive (task_id, tenant_id, finished_at, content_bytes, budget, has_calls, history, outputs)
    SELECT t.id, t.tenant_id, t.finished_at, coalesce(pg_column_size(t.input), 0) + coalesce(r.bytes, 0),
      (SELECT to_jsonb(b) - 'key' FROM removed_budgets b WHERE b.key = 'task:' || t.id),
      EXISTS (SELECT 1 FROM call c WHERE c.task_id = t.id),
      -- One JSON value, so that repeated ids compress well.
      jsonb_build_object('steps', coalesce(s.list, '[]'), 'outputs', coalesce(r.list, '[]'))
        || CASE WHEN a.list IS NULL THEN '{}' ELSE jsonb_build_object('attempts', a.list) END
        || CASE WHEN e.list IS NULL THEN '{}' ELSE jsonb_build_object('events', e.list) END,
      r.bodies
    FROM task t
    LEFT JOIN step_lists s ON s.task_id = t.id
    LEFT JOIN artifact_lists r ON r.task_id = t.id
    LEFT JOIN attempt_lists a ON a.task_id = t.id
    LEFT JOIN event_lists e ON e.task_id = t.id
    WHERE t.id = ANY (v_tasks)
    RETURNING tenant_id, content_bytes
  ), bytes_by_tenant AS (
    SELECT a.tenant_id, sum(a.content_bytes) AS bytes FROM inserted_archives a GROUP BY 1 ORDER BY 1
  )
  INSERT INTO tenant_storage AS n (tenant_id, archived_bytes) SELECT b.tenant_id, b.bytes FROM bytes_by_tenant b
  ON CONFLICT (tenant_id) DO UPDATE SET archived_bytes = n.archived_bytes + excluded.archived_bytes;
  RETURN QUERY SELECT unnest(v_tasks);
END $$;
