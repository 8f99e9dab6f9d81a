-- Writes off the open reservations of one attempt as `uncertain`, after the child process that made its calls crashed while the
-- session is alive. If the end of a call arrives later, it reverses the entry, as after reap_sessions.
-- Idempotent; returns the number of reservations written off.
CREATE OR REPLACE FUNCTION write_off_attempt(p_session uuid, p_step uuid, p_attempt int) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
  r record;
  v_reservations uuid[];
  v_count int := 0;
BEGIN
  v_reservations := ARRAY(SELECT v.id FROM reservation v
    WHERE v.session_id = p_session AND (v.entry ->> 'stepId')::uuid = p_step AND (v.entry ->> 'attempt')::int = p_attempt
    ORDER BY v.id);
  -- Locks the counters first, ordered by key, like all functions; see reap_sessions.
  PERFORM 1 FROM budget_counter WHERE key IN
    (SELECT unnest(v.budgets) FROM reservation v WHERE v.id = ANY (v_reservations)) ORDER BY key FOR UPDATE;
  FOR r IN DELETE FROM reservation v WHERE v.id = ANY (v_reservations) RETURNING v.* LOOP
    UPDATE budget_counter c SET reserved_nano = c.reserved_nano - r.amount_nano, spent_nano = c.spent_nano + r.amount_nano
    WHERE c.key = ANY (r.budgets);
    PERFORM write_ledger_entry(r.entry, 'uncertain', r.amount_nano, (r.entry ->> 'baselineNano')::bigint);
    v_count := v_count + 1;
  END LOOP;
  RETURN v_count;
END $$;
