-- Creates the missing partitions of this month and the next `p_months`. Idempotent, safe to call concurrently.
CREATE OR REPLACE FUNCTION ensure_ledger_partitions(p_months int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_from date;
  v_name text;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('pressroom.ledger_partitions'));
  FOR n IN 0..p_months LOOP
    v_from := (date_trunc('month', pressroom_now() AT TIME ZONE 'utc') + make_interval(months => n))::date;
    v_name := 'ledger_entry_' || to_char(v_from, 'YYYY_MM');
    IF to_regclass(v_name) IS NULL
       AND NOT EXISTS (SELECT 1 FROM ledger_entry_default
                       WHERE created_at >= v_from::timestamp AT TIME ZONE 'utc'
                         AND created_at < (v_from + interval '1 month') AT TIME ZONE 'utc') THEN
      EXECUTE format('CREATE TABLE %I PARTITION OF ledger_entry FOR VALUES FROM (%L) TO (%L)',
        v_name, v_from::timestamp AT TIME ZONE 'utc', (v_from + interval '1 month') AT TIME ZONE 'utc');
    END IF;
  END LOOP;
END $$;
