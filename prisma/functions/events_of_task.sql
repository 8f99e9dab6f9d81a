-- Events of a task after a sequence number, oldest first, also of archived tasks. When the events of a finished task have been
-- deleted by retention, its last event is derived from the task row, so that subscribers still receive its final status.
CREATE OR REPLACE FUNCTION events_of_task(p_task uuid, p_after int, p_limit int) RETURNS SETOF task_event LANGUAGE sql STABLE AS $$
  SELECT x.* FROM (
    (SELECT e.* FROM task_event e WHERE e.task_id = p_task AND e.seq > p_after ORDER BY e.seq LIMIT p_limit)
    UNION ALL
    SELECT e.* FROM task_archive a
    CROSS JOIN LATERAL jsonb_populate_recordset(
      jsonb_populate_record(NULL::task_event, jsonb_build_object('task_id', a.task_id)), a.history -> 'events') e
    WHERE a.task_id = p_task AND e.seq > p_after
    UNION ALL
    SELECT t.id, t.event_seq, t.generation, 'task.' || t.status, '{}'::jsonb, t.finished_at
    FROM task_archive a JOIN task t ON t.id = a.task_id
    WHERE a.task_id = p_task AND NOT a.history ? 'events' AND t.event_seq > p_after) x
  ORDER BY x.seq LIMIT p_limit
$$;
