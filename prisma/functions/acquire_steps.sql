-- One-shot compare-and-set on step and attempt, for a caller that holds the locks of p_tasks. Answers the steps taken; a
-- redelivered job gets nothing, and neither does one of a paused queue: its step stays queued, and its job is added again
-- once the queue goes on.
CREATE OR REPLACE FUNCTION acquire_steps(p_session uuid, p_tasks uuid[], p_steps uuid[], p_attempts int[]) RETURNS uuid[] LANGUAGE plpgsql AS $$
DECLARE
  v_taken uuid[];
BEGIN
  WITH taken AS (
    UPDATE step s
    SET status = 'running', attempt = i.attempt, session_id = p_session, started_at = pressroom_now(),
        first_started_at = coalesce(s.first_started_at, pressroom_now())
    FROM unnest(p_tasks, p_steps, p_attempts) AS i(task_id, step_id, attempt)
    WHERE s.id = i.step_id AND s.task_id = i.task_id AND s.status = 'queued' AND s.attempt = i.attempt - 1
      AND EXISTS (SELECT 1 FROM worker_session w WHERE w.id = p_session AND w.expires_at > now())
      AND NOT EXISTS (SELECT 1 FROM queue_state q WHERE q.name = s.queue AND q.paused)
    RETURNING s.id, s.task_id, s.key, s.attempt, s.agent
  ), touched AS (
    SELECT t.id, t.event_seq, t.generation, t.started_at IS NULL AS first, count(*)::int AS steps
    FROM taken k JOIN task t ON t.id = k.task_id GROUP BY t.id
  ), moved AS (
    UPDATE task t
    SET status = CASE WHEN t.status = 'queued' THEN 'running' ELSE t.status END,
        started_at = coalesce(t.started_at, pressroom_now()),
        event_seq = t.event_seq + x.steps + x.first::int
    FROM touched x WHERE t.id = x.id
  ), told AS (
    INSERT INTO task_event (task_id, seq, generation, type, data)
    SELECT x.id, x.event_seq + 1, x.generation, 'task.started', '{}' FROM touched x WHERE x.first
    UNION ALL
    SELECT x.id, x.event_seq + x.first::int + row_number() OVER (PARTITION BY x.id ORDER BY k.key), x.generation,
           'step.started', jsonb_build_object('step', k.key, 'agent', k.agent, 'attempt', k.attempt)
    FROM taken k JOIN touched x ON x.id = k.task_id
  )
  SELECT array_agg(k.id) INTO v_taken FROM taken k;
  RETURN v_taken;
END $$;
