-- All outputs of a task in every version, wherever they are kept. Archived ones come with a new id: nothing refers to it.
CREATE OR REPLACE FUNCTION artifacts_of_task(p_task uuid) RETURNS SETOF artifact LANGUAGE sql VOLATILE AS $$
  SELECT r.* FROM artifact r WHERE r.task_id = p_task
  UNION ALL
  SELECT x.* FROM task_archive a
  CROSS JOIN LATERAL jsonb_array_elements(a.history -> 'outputs') WITH ORDINALITY AS o(facts, n)
  CROSS JOIN LATERAL jsonb_populate_record(NULL::artifact, o.facts || jsonb_build_object('id', gen_random_uuid(),
    'task_id', a.task_id, 'body', a.outputs -> (o.n - 1)::int)) x
  WHERE a.task_id = p_task AND a.outputs IS NOT NULL
$$;
