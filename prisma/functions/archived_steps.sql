-- Steps of an archived task, as rows of the step table. The base record has the defaults of columns that archives of earlier
-- releases lack: add each new NOT NULL column of step to it.
CREATE OR REPLACE FUNCTION archived_steps(p_task uuid) RETURNS SETOF step LANGUAGE sql STABLE AS $$
  SELECT x.*
  FROM task_archive a JOIN task t ON t.id = a.task_id
  CROSS JOIN LATERAL jsonb_populate_recordset(
    jsonb_populate_record(NULL::step, jsonb_build_object('task_id', a.task_id, 'tenant_id', a.tenant_id, 'task_type', t.type,
      'params', '{}'::jsonb, 'degraded', false, 'rejections', 0)), a.history -> 'steps') x
  WHERE a.task_id = p_task
$$;
