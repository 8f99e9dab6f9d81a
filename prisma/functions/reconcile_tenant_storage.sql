-- Recomputes a tenant's archived bytes from its archived tasks. Returns the correction in bytes.
CREATE OR REPLACE FUNCTION reconcile_tenant_storage(p_tenant uuid) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  v_before bigint;
  v_after bigint;
BEGIN
  -- Archiving and removing a task update this row in the same transaction: under its lock the sum below is exact.
  SELECT n.archived_bytes INTO v_before FROM tenant_storage n WHERE n.tenant_id = p_tenant FOR UPDATE;
  IF NOT FOUND THEN RETURN 0; END IF;
  SELECT coalesce(sum(a.content_bytes), 0) INTO v_after FROM task_archive a WHERE a.tenant_id = p_tenant;
  UPDATE tenant_storage n SET archived_bytes = v_after, reconciled_at = now() WHERE n.tenant_id = p_tenant;
  RETURN v_after - v_before;
END $$;
