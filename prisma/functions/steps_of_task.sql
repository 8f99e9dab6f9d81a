-- All steps of a task, also of an archived one.
CREATE OR REPLACE FUNCTION steps_of_task(p_task uuid) RETURNS SETOF step LANGUAGE sql STABLE AS $$
  SELECT s.* FROM step s WHERE s.task_id = p_task
  UNION ALL
  SELECT * FROM archived_steps(p_task)
$$;
