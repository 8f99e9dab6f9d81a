-- The signature before p_skip_locked, for workers of the release before during a rolling upgrade.
CREATE OR REPLACE FUNCTION exchange_steps(p_session uuid, p_tasks uuid[], p_take uuid[], p_attempts int[], p_items jsonb, p_handoff text[],
  p_contended text[], p_room int, p_spare int)
RETURNS TABLE (kind text, step_id uuid, task_id uuid, data json) LANGUAGE sql AS $$
  SELECT * FROM exchange_steps(p_session, p_tasks, p_take, p_attempts, p_items, p_handoff, p_contended, p_room, p_spare, false)
$$;
