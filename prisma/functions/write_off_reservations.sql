-- Settles reservations as `uncertain` at their worst case, with the entry stored at reservation, for calls whose own entry the
-- database rejected. Skips reservations that are settled already. Returns those it settled.
CREATE OR REPLACE FUNCTION write_off_reservations(p_ids uuid[], p_limitation text) RETURNS SETOF uuid LANGUAGE plpgsql AS $$
DECLARE
  r record;
BEGIN
  PERFORM 1 FROM budget_counter WHERE key IN
    (SELECT unnest(v.budgets) FROM reservation v WHERE v.id = ANY (p_ids)) ORDER BY key FOR UPDATE;
  FOR r IN DELETE FROM reservation v WHERE v.id = ANY (p_ids) RETURNING v.* LOOP
    UPDATE budget_counter c SET reserved_nano = c.reserved_nano - r.amount_nano, spent_nano = c.spent_nano + r.amount_nano
    WHERE c.key = ANY (r.budgets);
    PERFORM write_ledger_entry(r.entry || jsonb_build_object('limitation', p_limitation), 'uncertain', r.amount_nano,
      (r.entry ->> 'baselineNano')::bigint);
    RETURN NEXT r.id;
  END LOOP;
END $$;
