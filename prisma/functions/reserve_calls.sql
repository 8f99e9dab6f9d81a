-- Reserves the worst-case cost of calls in all their budgets, all or nothing per call; fenced by attempt and session.
-- p_items: [{ id, sessionId, taskId, stepId, attempt, amountNano, budgets, entry }]. Idempotent by id.
CREATE OR REPLACE FUNCTION reserve_calls(p_items jsonb) RETURNS TABLE (id uuid, outcome text, budget text, shortfall bigint)
LANGUAGE plpgsql SET lock_timeout = '500ms' AS $$
#variable_conflict use_column
DECLARE
  r record;
  tightest_budget record;
BEGIN
  PERFORM 1 FROM budget_counter WHERE key IN
    (SELECT jsonb_array_elements_text(x -> 'budgets') FROM jsonb_array_elements(p_items) x) ORDER BY key FOR UPDATE;
  FOR r IN SELECT * FROM jsonb_to_recordset(p_items) AS x(id uuid, "sessionId" uuid, "taskId" uuid, "stepId" uuid,
      attempt int, "amountNano" bigint, budgets text[], entry jsonb) LOOP
    id := r.id; budget := NULL; shortfall := NULL;
    IF EXISTS (SELECT 1 FROM reservation v WHERE v.id = r.id) THEN
      outcome := 'reserved'; RETURN NEXT; CONTINUE;
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM step s JOIN worker_session w ON w.id = s.session_id
        WHERE s.id = r."stepId" AND s.attempt = r.attempt AND s.status = 'running' AND s.session_id = r."sessionId"
          AND w.expires_at > now()) THEN
      outcome := 'fenced'; RETURN NEXT; CONTINUE;
    END IF;
    SELECT c.key, c.limit_nano - c.spent_nano - c.reserved_nano - r."amountNano" AS remaining INTO tightest_budget
    FROM budget_counter c WHERE c.key = ANY (r.budgets) ORDER BY remaining LIMIT 1;
    IF FOUND AND tightest_budget.remaining < 0 THEN
      outcome := 'over_budget'; budget := tightest_budget.key; shortfall := -tightest_budget.remaining; RETURN NEXT; CONTINUE;
    END IF;
    UPDATE budget_counter c SET reserved_nano = c.reserved_nano + r."amountNano" WHERE c.key = ANY (r.budgets);
    INSERT INTO reservation (id, session_id, task_id, amount_nano, budgets, entry)
    VALUES (r.id, r."sessionId", r."taskId", r."amountNano", r.budgets, r.entry) ON CONFLICT DO NOTHING;
    outcome := 'reserved'; RETURN NEXT;
  END LOOP;
END $$;
