-- Acquires queued steps for their next attempt: one compare-and-set on status and attempt. The caller has locked p_tasks.
-- Returns the acquired steps; a redelivered job acquires nothing. Steps of paused queues stay `queued`, and the sweep adds
-- their jobs again once the queue is resumed.
CREATE OR REPLACE FUNCTION acquire_steps(p_session uuid, p_tasks uuid[], p_steps uuid[], p_attempts int[]) RETURNS uuid[] LANGUAGE plpgsql AS $$
DECLARE
  v_acquired uuid[];
BEGIN
  WITH acquired_steps AS (
    UPDATE step s
    SET status = 'running', attempt = i.attempt, session_id = p_session, started_at = pressroom_now(),
        first_started_at = coalesce(s.first_started_at, pressroom_now())
    FROM unnest(p_tasks, p_steps, p_attempts) AS i(task_id, step_id, attempt)
    WHERE s.id = i.step_id AND s.task_id = i.task_id AND s.status = 'queued' AND s.attempt = i.attempt - 1
      AND EXISTS (SELECT 1 FROM worker_session w WHERE w.id = p_session AND w.expires_at > now())
      AND NOT EXISTS (SELECT 1 FROM queue_state q WHERE q.name = s.queue AND q.paused)
    RETURNING s.id, s.task_id, s.key, s.attempt, s.agent
  ), started_tasks AS (
    SELECT t.id, t.event_seq, t.generation, t.started_at IS NULL AS is_first, count(*)::int AS steps
    FROM acquired_steps k JOIN task t ON t.id = k.task_id GROUP BY t.id
  ), updated_tasks AS (
    UPDATE task t
    SET status = CASE WHEN t.status = 'queued' THEN 'running' ELSE t.status END,
        started_at = coalesce(t.started_at, pressroom_now()),
        event_seq = t.event_seq + x.steps + x.is_first::int
    FROM started_tasks x WHERE t.id = x.id
  ), inserted_events AS (
    INSERT INTO task_event (task_id, seq, generation, type, data)
    SELECT x.id, x.event_seq + 1, x.generation, 'task.started', '{}' FROM started_tasks x WHERE x.is_first
    UNION ALL
    SELECT x.id, x.event_seq + x.is_first::int + row_number() OVER (PARTITION BY x.id ORDER BY k.key), x.generation,
           'step.started', jsonb_build_object('step', k.key, 'agent', k.agent, 'attempt', k.attempt)
    FROM acquired_steps k JOIN started_tasks x ON x.id = k.task_id
  )
  SELECT array_agg(k.id) INTO v_acquired FROM acquired_steps k;
  RETURN v_acquired;
END $$;
