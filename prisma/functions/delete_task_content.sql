-- Deletes the content of finished tasks: input, parameters, outputs, replies, payloads of dead letters. Keeps the tasks with
-- their steps and costs. Skips open tasks. Idempotent; returns the tasks without content, also those deleted earlier.
CREATE OR REPLACE FUNCTION delete_task_content(p_tasks uuid[]) RETURNS SETOF uuid LANGUAGE plpgsql AS $$
DECLARE
  v_tasks uuid[];
BEGIN
  v_tasks := ARRAY(SELECT t.id FROM task t WHERE t.id = ANY (p_tasks) AND t.finished_at IS NOT NULL ORDER BY t.id FOR UPDATE);
  UPDATE task t SET input = NULL, title = NULL, content_deleted_at = coalesce(t.content_deleted_at, pressroom_now()) WHERE t.id = ANY (v_tasks);
  DELETE FROM artifact a WHERE a.task_id = ANY (v_tasks);
  DELETE FROM call c WHERE c.task_id = ANY (v_tasks);
  DELETE FROM result_rendering r WHERE r.task_id = ANY (v_tasks);
  DELETE FROM cache_entry e WHERE e.task_id = ANY (v_tasks);
  UPDATE dead_letter d SET payload = '{}' WHERE d.task_id = ANY (v_tasks);
  UPDATE step s SET params = '{}' WHERE s.task_id = ANY (v_tasks);
  WITH released_bytes AS (
    SELECT a.tenant_id, sum(a.content_bytes) AS bytes FROM task_archive a WHERE a.task_id = ANY (v_tasks) GROUP BY 1 ORDER BY 1
  )
  UPDATE tenant_storage n SET archived_bytes = greatest(0, n.archived_bytes - f.bytes) FROM released_bytes f WHERE n.tenant_id = f.tenant_id;
  UPDATE task_archive a SET outputs = NULL, has_calls = false, content_bytes = 0,
    history = a.history || jsonb_build_object('outputs', '[]'::jsonb, 'steps',
      (SELECT coalesce(jsonb_agg(s.step - 'params'), '[]') FROM jsonb_array_elements(a.history -> 'steps') AS s(step)))
  WHERE a.task_id = ANY (v_tasks);
  RETURN QUERY SELECT unnest(v_tasks);
END $$;
