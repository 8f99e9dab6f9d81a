-- All versions of all outputs of a task, also of an archived one. Archived outputs get new ids, which nothing refers to.
CREATE OR REPLACE FUNCTION artifacts_of_task(p_task uuid) RETURNS SETOF artifact LANGUAGE sql VOLATILE AS $$
  SELECT r.* FROM artifact r WHERE r.task_id = p_task
  UNION ALL
  SELECT x.* FROM task_archive a
  CROSS JOIN LATERAL jsonb_array_elements(a.history -> 'outputs') WITH ORDINALITY AS o(facts, n)
  CROSS JOIN LATERAL jsonb_populate_record(NULL::artifact, o.facts || jsonb_build_object('id', gen_random_uuid(),
    'task_id', a.task_id, 'body', a.outputs -> (o.n - 1)::int)) x
  WHERE a.task_id = p_task AND a.outputs IS NOT NULL
$$;
