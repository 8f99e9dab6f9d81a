-- Restores an archived task before a restart. The caller has locked the task row. Returns false for a task that is not archived.
CREATE OR REPLACE FUNCTION restore_task(p_task uuid) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  v_archive task_archive;
BEGIN
  SELECT * INTO v_archive FROM task_archive a WHERE a.task_id = p_task FOR UPDATE;
  IF NOT FOUND THEN RETURN false; END IF;
  INSERT INTO step SELECT * FROM archived_steps(p_task);
  INSERT INTO artifact SELECT r.* FROM artifacts_of_task(p_task) r ON CONFLICT DO NOTHING;
  INSERT INTO attempt SELECT r.* FROM attempts_of_task(p_task) r ON CONFLICT DO NOTHING;
  IF v_archive.history ? 'events' THEN
    INSERT INTO task_event SELECT e.* FROM events_of_task(p_task, 0, 2147483647) e ON CONFLICT DO NOTHING;
  END IF;
  IF v_archive.budget IS NOT NULL THEN
    INSERT INTO budget_counter SELECT b.* FROM jsonb_populate_record(NULL::budget_counter,
      v_archive.budget || jsonb_build_object('key', 'task:' || p_task)) b ON CONFLICT DO NOTHING;
  END IF;
  DELETE FROM task_archive a WHERE a.task_id = p_task;
  UPDATE tenant_storage n SET archived_bytes = greatest(0, n.archived_bytes - v_archive.content_bytes)
  WHERE n.tenant_id = v_archive.tenant_id;
  RETURN true;
END $$;
