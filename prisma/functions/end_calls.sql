-- Ends many calls in one statement: settles the reservation, writes the ledger entry, and stores the reply in the journal.
-- Idempotent by reservation. If the reservation was written off as `uncertain`, reverses that entry first, unless this end is
-- uncertain too. Raises an alert when a call cost more than was reserved.
-- p_items: [{ reservationId, status, costNano, baselineNano, budgets, entry, journal?: { stepId, generation, path, requestHash, taskId, reply } }]
CREATE OR REPLACE FUNCTION end_calls(p_items jsonb) RETURNS void LANGUAGE plpgsql SET lock_timeout = '500ms' AS $$
DECLARE
  r record;
  reservation_row record;
  written_off bigint;
  v_reserved bigint;
  v_task uuid;
BEGIN
  PERFORM 1 FROM budget_counter WHERE key IN
    (SELECT jsonb_array_elements_text(x -> 'budgets') FROM jsonb_array_elements(p_items) x) ORDER BY key FOR UPDATE;
  FOR r IN SELECT * FROM jsonb_to_recordset(p_items) AS x("reservationId" uuid, status text, "costNano" bigint,
      "baselineNano" bigint, budgets text[], entry jsonb, journal jsonb) LOOP
    DELETE FROM reservation WHERE id = r."reservationId" RETURNING amount_nano, budgets INTO reservation_row;
    IF FOUND THEN
      v_reserved := reservation_row.amount_nano;
      UPDATE budget_counter c SET reserved_nano = c.reserved_nano - reservation_row.amount_nano, spent_nano = c.spent_nano + r."costNano"
      WHERE c.key = ANY (reservation_row.budgets);
    ELSE
      -- Serialises two late ends of one call, which may have no counter row to lock.
      PERFORM pg_advisory_xact_lock(hashtextextended('pressroom.end_call:' || (r."reservationId")::text, 0));
      IF EXISTS (SELECT 1 FROM ledger_entry l WHERE l.reservation_id = r."reservationId" AND (l.status <> 'uncertain' OR r.status = 'uncertain')) THEN
        CONTINUE;
      END IF;
      SELECT coalesce(sum(l.cost_nano), 0) INTO written_off FROM ledger_entry l WHERE l.reservation_id = r."reservationId";
      v_reserved := written_off;
      PERFORM reverse_uncertain_entries(r."reservationId");
      -- The counter of an archived task is in its archive, and a retry restores it from there. Updates the archive first: after
      -- waiting for a concurrent retry, the counter is restored and updated below.
      UPDATE task_archive a SET budget = jsonb_set(a.budget, '{spent_nano}',
        to_jsonb(coalesce((a.budget ->> 'spent_nano')::bigint, 0) + r."costNano" - written_off))
      WHERE a.task_id IN (SELECT substr(b, 6)::uuid FROM unnest(r.budgets) b WHERE b ~ '^task:[0-9a-f-]{36}$') AND a.budget IS NOT NULL;
      UPDATE budget_counter c SET spent_nano = c.spent_nano + r."costNano" - written_off WHERE c.key = ANY (r.budgets);
    END IF;
    PERFORM write_ledger_entry(r.entry, r.status, r."costNano", r."baselineNano");
    IF r."costNano" > v_reserved THEN
      PERFORM alert_reservation_exceeded(r.entry, v_reserved, r."costNano");
    END IF;
    IF r.journal IS NOT NULL THEN
      -- Stores no reply for a task that was removed or whose content was deleted during the call.
      INSERT INTO call (step_id, generation, path, request_hash, task_id, reply)
      SELECT j."stepId", j.generation, j.path, j."requestHash", j."taskId", j.reply
      FROM jsonb_to_record(r.journal) AS j("stepId" uuid, generation int, path text, "requestHash" text, "taskId" uuid, reply jsonb)
      JOIN task t ON t.id = j."taskId" AND t.content_deleted_at IS NULL
      ON CONFLICT DO NOTHING RETURNING task_id INTO v_task;
      -- For a task archived during the call; retention deletes the journals of archives with has_calls.
      UPDATE task_archive a SET has_calls = true WHERE a.task_id = v_task AND NOT a.has_calls;
    END IF;
  END LOOP;
END $$;
