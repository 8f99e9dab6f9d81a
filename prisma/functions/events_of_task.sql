-- Events of a task after a sequence number, oldest first, wherever they are kept. Of a finished task whose events are past
-- their retention the last one is made again from the task's row, so that whoever follows it still learns how it ended.
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
