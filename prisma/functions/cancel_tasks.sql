-- Cancels many tasks in one statement: cancels open steps, records running attempts, and adds one event per task.
-- Returns the outcome of each task: cancelled | already (cancelled before) | finished | locked; none for unknown ids.
-- With p_skip_locked, returns tasks that another transaction has locked as `locked` and skips them; otherwise waits for them.
CREATE OR REPLACE FUNCTION cancel_tasks(p_tasks uuid[], p_operation uuid, p_skip_locked boolean) RETURNS TABLE (task_id uuid, outcome text)
LANGUAGE plpgsql SET lock_timeout = '200ms' AS $$
#variable_conflict use_column
DECLARE
  v_unlocked uuid[];
  v_open uuid[];
BEGIN
  IF p_skip_locked THEN
    v_unlocked := ARRAY(SELECT t.id FROM task t WHERE t.id = ANY (p_tasks) ORDER BY t.id FOR UPDATE SKIP LOCKED);
  ELSE
    v_unlocked := ARRAY(SELECT t.id FROM task t WHERE t.id = ANY (p_tasks) ORDER BY t.id FOR UPDATE);
  END IF;
  v_open := ARRAY(SELECT t.id FROM task t WHERE t.id = ANY (v_unlocked) AND t.finished_at IS NULL);
  RETURN QUERY
  SELECT t.id, CASE WHEN t.id <> ALL (v_unlocked) THEN 'locked' WHEN t.finished_at IS NULL THEN 'cancelled' WHEN t.status = 'cancelled' THEN 'already' ELSE 'finished' END
  FROM task t WHERE t.id = ANY (p_tasks);

  WITH open_steps AS MATERIALIZED (
    SELECT s.id, s.task_id, s.status, s.attempt, s.session_id, s.started_at FROM step s
    WHERE s.task_id = ANY (v_open) AND s.status NOT IN ('completed', 'skipped', 'dead', 'cancelled')
  ), inserted_attempts AS (
    INSERT INTO attempt (step_id, attempt, task_id, generation, session_id, outcome, started_at, finished_at, cost_nano)
    SELECT o.id, o.attempt, o.task_id, t.generation, o.session_id, 'cancelled', o.started_at, pressroom_now(), 0
    FROM open_steps o JOIN task t ON t.id = o.task_id WHERE o.status = 'running' ON CONFLICT DO NOTHING
  ), cancelled_steps AS (
    UPDATE step s SET status = 'cancelled', session_id = NULL, available_at = pressroom_now(), finished_at = pressroom_now()
    FROM open_steps o WHERE s.id = o.id
  ), inserted_events AS (
    INSERT INTO task_event (task_id, seq, generation, type, data)
    SELECT t.id, t.event_seq + 1, t.generation, 'task.cancelled', jsonb_build_object('operation', p_operation)
    FROM task t WHERE t.id = ANY (v_open)
  )
  UPDATE task t SET status = 'cancelled', finished_at = pressroom_now(), steps_left = 0,
    steps_bad = t.steps_bad + (SELECT count(*)::int FROM open_steps o WHERE o.task_id = t.id), event_seq = t.event_seq + 1,
    deadline_at = CASE WHEN t.awaiting_gate IS NULL THEN t.deadline_at
      ELSE pressroom_now() + t.awaiting_left_ms * interval '1 ms' END,
    awaiting_gate = NULL, awaiting_since = NULL, awaiting_left_ms = NULL
  WHERE t.id = ANY (v_open);
END $$;
