-- The signature before p_skip_locked, for coordinators of the release before during a rolling upgrade.
CREATE OR REPLACE FUNCTION cancel_tasks(p_tasks uuid[], p_operation uuid) RETURNS TABLE (task_id uuid, outcome text) LANGUAGE sql AS $$
  SELECT * FROM cancel_tasks(p_tasks, p_operation, false)
$$;
