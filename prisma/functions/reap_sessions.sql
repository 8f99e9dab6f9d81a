-- Ends expired sessions: releases their steps and writes off their open reservations as `uncertain`. Also covers steps and
-- reservations whose session row no longer exists. Returns the released steps.
-- With p_session: ends only that session, alive or not, as an orderly shutdown that counts no losses.
-- Does not wait for row locks: the next pass handles locked steps and reservations, and then counts a loss.
CREATE OR REPLACE FUNCTION reap_sessions(p_session uuid DEFAULT NULL) RETURNS TABLE (step_id uuid, task_id uuid, queue text, losses int)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  r record;
  v_reservations uuid[];
  v_counters text[];
  v_tasks uuid[];
BEGIN
  DELETE FROM worker_session w WHERE CASE WHEN p_session IS NULL THEN w.expires_at < now() ELSE w.id = p_session END;

  -- Locks all budget counters first. Excludes reservations with a locked counter here, so that they do not count towards the
  -- LIMIT. Reservations that were settled in the meantime are no longer there to delete.
  v_counters := ARRAY(SELECT c.key FROM budget_counter c WHERE c.key IN (
      SELECT unnest(v.budgets) FROM reservation v WHERE (p_session IS NULL OR v.session_id = p_session)
        AND NOT EXISTS (SELECT 1 FROM worker_session w WHERE w.id = v.session_id))
    ORDER BY c.key FOR UPDATE SKIP LOCKED);
  v_reservations := ARRAY(SELECT v.id FROM reservation v
    WHERE (p_session IS NULL OR v.session_id = p_session)
      AND NOT EXISTS (SELECT 1 FROM worker_session w WHERE w.id = v.session_id)
      AND NOT EXISTS (SELECT 1 FROM budget_counter c WHERE c.key = ANY (v.budgets) AND c.key <> ALL (v_counters))
    ORDER BY v.id LIMIT 1000);
  FOR r IN
    DELETE FROM reservation v WHERE v.id = ANY (v_reservations) RETURNING v.*
  LOOP
    UPDATE budget_counter c SET reserved_nano = c.reserved_nano - r.amount_nano, spent_nano = c.spent_nano + r.amount_nano
    WHERE c.key = ANY (r.budgets);
    PERFORM write_ledger_entry(r.entry, 'uncertain', r.amount_nano, (r.entry ->> 'baselineNano')::bigint);
  END LOOP;

  -- Only steps of tasks locked here: a step that is being acquired for an ended session is handled by the next pass.
  v_tasks := ARRAY(SELECT t.id FROM task t WHERE t.finished_at IS NULL AND t.id IN (
      SELECT s.task_id FROM step s WHERE s.status = 'running' AND (p_session IS NULL OR s.session_id = p_session)
        AND NOT EXISTS (SELECT 1 FROM worker_session w WHERE w.id = s.session_id)) ORDER BY t.id FOR UPDATE SKIP LOCKED);
  RETURN QUERY
  WITH orphaned_steps AS (
    SELECT s.id, s.session_id, s.started_at FROM step s
    WHERE s.status = 'running' AND s.task_id = ANY (v_tasks) AND (p_session IS NULL OR s.session_id = p_session)
      AND NOT EXISTS (SELECT 1 FROM worker_session w WHERE w.id = s.session_id)
  ), released_steps AS (
    -- Interrupted steps get a separate band of order keys, before steps of started tasks.
    UPDATE step s SET status = 'ready', session_id = NULL, losses = s.losses + (p_session IS NULL)::int,
      available_at = pressroom_now(), queued_at = pressroom_now(),
      order_key = s.order_key - CASE WHEN s.order_key > 0 THEN 20000000000000 WHEN s.order_key > -15000000000000 THEN 10000000000000 ELSE 0 END
    FROM orphaned_steps o WHERE s.id = o.id AND s.status = 'running'
    RETURNING s.id, s.task_id, s.key, s.queue, s.attempt, s.losses, o.session_id, o.started_at
  ), affected_tasks AS (
    SELECT t.id, t.event_seq, t.generation, count(*)::int AS n FROM released_steps l JOIN task t ON t.id = l.task_id GROUP BY t.id
  ), inserted_attempts AS (
    INSERT INTO attempt (step_id, attempt, task_id, generation, session_id, outcome, started_at, finished_at, error)
    SELECT l.id, l.attempt, l.task_id, x.generation, l.session_id, CASE WHEN p_session IS NULL THEN 'lost' ELSE 'handed_back' END,
      l.started_at, pressroom_now(),
      CASE WHEN p_session IS NULL THEN '{"code":"LEASE_LOST","message":"the worker sent no heartbeat before its session expired"}'::jsonb END
    FROM released_steps l JOIN affected_tasks x ON x.id = l.task_id
    ON CONFLICT DO NOTHING
  ), inserted_events AS (
    INSERT INTO task_event (task_id, seq, generation, type, data)
    SELECT x.id, x.event_seq + row_number() OVER (PARTITION BY x.id ORDER BY l.key), x.generation,
      CASE WHEN p_session IS NULL THEN 'step.lost' ELSE 'step.handed_back' END,
      jsonb_build_object('step', l.key, 'attempt', l.attempt)
    FROM released_steps l JOIN affected_tasks x ON x.id = l.task_id
  ), updated_tasks AS (
    UPDATE task t SET event_seq = t.event_seq + x.n FROM affected_tasks x WHERE t.id = x.id
  )
  SELECT l.id, l.task_id, l.queue, l.losses FROM released_steps l;
END $$;
