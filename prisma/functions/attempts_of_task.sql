-- All attempts of a task that retention has not deleted, also of an archived one.
CREATE OR REPLACE FUNCTION attempts_of_task(p_task uuid) RETURNS SETOF attempt LANGUAGE sql STABLE AS $$
  SELECT r.* FROM attempt r WHERE r.task_id = p_task
  UNION ALL
  SELECT x.* FROM task_archive a
  CROSS JOIN LATERAL jsonb_populate_recordset(
    jsonb_populate_record(NULL::attempt, jsonb_build_object('task_id', a.task_id, 'cost_nano', 0)), a.history -> 'attempts') x
  WHERE a.task_id = p_task
$$;
