-- Deletes archived tasks. Keeps ledger entries, which have a separate retention. Returns the number of deleted tasks.
CREATE OR REPLACE FUNCTION remove_tasks(p_tasks uuid[]) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  v_tasks uuid[];
BEGIN
  v_tasks := ARRAY(
    SELECT t.id FROM task t WHERE t.id = ANY (p_tasks) AND EXISTS (SELECT 1 FROM task_archive a WHERE a.task_id = t.id)
    ORDER BY t.id FOR UPDATE OF t SKIP LOCKED);
  DELETE FROM call c WHERE c.task_id = ANY (v_tasks);
  DELETE FROM cache_entry e WHERE e.task_id = ANY (v_tasks);
  DELETE FROM dead_letter d WHERE d.task_id = ANY (v_tasks);
  WITH deleted_archives AS (
    DELETE FROM task_archive a WHERE a.task_id = ANY (v_tasks) RETURNING a.tenant_id, a.content_bytes
  ), released_bytes AS (
    SELECT r.tenant_id, sum(r.content_bytes) AS bytes FROM deleted_archives r GROUP BY 1 ORDER BY 1
  )
  UPDATE tenant_storage n SET archived_bytes = greatest(0, n.archived_bytes - f.bytes) FROM released_bytes f WHERE n.tenant_id = f.tenant_id;
  DELETE FROM result_rendering r WHERE r.task_id = ANY (v_tasks);
  DELETE FROM task t WHERE t.id = ANY (v_tasks);
  RETURN cardinality(v_tasks);
END $$;
