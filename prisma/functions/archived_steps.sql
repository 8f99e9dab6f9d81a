-- Steps of a task that was folded into task_archive, as rows of their table. Columns that an archive of an earlier release
-- lacks take the value given in the base record: keep one here for every NOT NULL column added to step.
CREATE OR REPLACE FUNCTION archived_steps(p_task uuid) RETURNS SETOF step LANGUAGE sql STABLE AS $$
  SELECT x.*
  FROM task_archive a JOIN task t ON t.id = a.task_id
  CROSS JOIN LATERAL jsonb_populate_recordset(
    jsonb_populate_record(NULL::step, jsonb_build_object('task_id', a.task_id, 'tenant_id', a.tenant_id, 'task_type', t.type,
      'params', '{}'::jsonb, 'degraded', false, 'rejections', 0)), a.history -> 'steps') x
  WHERE a.task_id = p_task
$$;
