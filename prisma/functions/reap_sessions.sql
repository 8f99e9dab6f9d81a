-- Ends sessions whose heartbeat stopped, gives their steps back, writes their open reservations off as `uncertain`.
-- Answers the steps given back. Steps and reservations of a session row that is gone are covered by the same pass.
-- With p_session only that session is ended, alive or not, in good order: nothing counts as a loss.
-- Nothing waits for a row lock: steps and reservations behind one are left to the next pass, which then counts a loss.
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

  -- Counters first and all at once; whatever ended meanwhile is not there to delete. Reservations behind a counter that
  -- another transaction holds are not among the candidates, so they take up no place of others.
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

  -- Only steps whose task is locked here: one that is taken this moment for a session just ended waits for the next pass.
  v_tasks := ARRAY(SELECT t.id FROM task t WHERE t.finished_at IS NULL AND t.id IN (
      SELECT s.task_id FROM step s WHERE s.status = 'running' AND (p_session IS NULL OR s.session_id = p_session)
        AND NOT EXISTS (SELECT 1 FROM worker_session w WHERE w.id = s.session_id)) ORDER BY t.id FOR UPDATE SKIP LOCKED);
  RETURN QUERY
  WITH orphan AS (
    SELECT s.id, s.session_id, s.started_at FROM step s
    WHERE s.status = 'running' AND s.task_id = ANY (v_tasks) AND (p_session IS NULL OR s.session_id = p_session)
      AND NOT EXISTS (SELECT 1 FROM worker_session w WHERE w.id = s.session_id)
  ), lost AS (
    -- What was running goes before what waits: a band of the order of its own, below that of begun tasks.
    UPDATE step s SET status = 'ready', session_id = NULL, losses = s.losses + (p_session IS NULL)::int,
      available_at = pressroom_now(), queued_at = pressroom_now(),
      order_key = s.order_key - CASE WHEN s.order_key > 0 THEN 20000000000000 WHEN s.order_key > -15000000000000 THEN 10000000000000 ELSE 0 END
    FROM orphan o WHERE s.id = o.id AND s.status = 'running'
    RETURNING s.id, s.task_id, s.key, s.queue, s.attempt, s.losses, o.session_id, o.started_at
  ), touched AS (
    SELECT t.id, t.event_seq, t.generation, count(*)::int AS n FROM lost l JOIN task t ON t.id = l.task_id GROUP BY t.id
  ), history AS (
    INSERT INTO attempt (step_id, attempt, task_id, generation, session_id, outcome, started_at, finished_at, error)
    SELECT l.id, l.attempt, l.task_id, x.generation, l.session_id, CASE WHEN p_session IS NULL THEN 'lost' ELSE 'handed_back' END,
      l.started_at, pressroom_now(),
      CASE WHEN p_session IS NULL THEN '{"code":"LEASE_LOST","message":"the worker stopped answering"}'::jsonb END
    FROM lost l JOIN touched x ON x.id = l.task_id
    ON CONFLICT DO NOTHING
  ), told AS (
    INSERT INTO task_event (task_id, seq, generation, type, data)
    SELECT x.id, x.event_seq + row_number() OVER (PARTITION BY x.id ORDER BY l.key), x.generation,
      CASE WHEN p_session IS NULL THEN 'step.lost' ELSE 'step.handed_back' END,
      jsonb_build_object('step', l.key, 'attempt', l.attempt)
    FROM lost l JOIN touched x ON x.id = l.task_id
  ), moved AS (
    UPDATE task t SET event_seq = t.event_seq + x.n FROM touched x WHERE t.id = x.id
  )
  SELECT l.id, l.task_id, l.queue, l.losses FROM lost l;
END $$;
