-- Adds a process's request counts to the shared circuit breakers, and opens those that reach the error rate over all processes.
-- Approximates a sliding window by two fixed ones: the previous one counts with the share that is still inside. Counts nothing
-- while a breaker is open: such calls started earlier or are its probe.
-- p_items: [{ provider, model, requests, failures }]. Returns those of the items' breakers that are open.
CREATE OR REPLACE FUNCTION report_provider_calls(p_items jsonb, p_window_ms int, p_min_requests int, p_error_percent int, p_open_ms int)
RETURNS TABLE (provider text, model text, open_for_ms bigint, probing boolean) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  r record;
  v record;
  v_now timestamptz;
  v_age double precision;
  v_share double precision;
  v_requests double precision;
  v_failures double precision;
BEGIN
  FOR r IN SELECT x.provider, x.model, sum(x.requests)::int AS requests, sum(x.failures)::int AS failures
           FROM jsonb_to_recordset(p_items) AS x(provider text, model text, requests int, failures int)
           GROUP BY 1, 2 ORDER BY 1, 2 LOOP
    INSERT INTO breaker (provider, model) VALUES (r.provider, r.model) ON CONFLICT DO NOTHING;
    SELECT * INTO v FROM breaker b WHERE b.provider = r.provider AND b.model = r.model FOR UPDATE;
    v_now := clock_timestamp();
    IF v.state = 'closed' THEN
      v_age := greatest(0, extract(epoch FROM v_now - v.window_at) * 1000);
      IF v_age >= p_window_ms THEN
        IF v_age < 2 * p_window_ms THEN v.last_requests := v.requests; v.last_failures := v.failures;
        ELSE v.last_requests := 0; v.last_failures := 0; END IF;
        v.requests := 0;
        v.failures := 0;
        v_age := CASE WHEN v_age < 2 * p_window_ms THEN v_age - p_window_ms ELSE 0 END;
        v.window_at := v_now - v_age * interval '1 ms';
      END IF;
      v.requests := v.requests + r.requests;
      v.failures := v.failures + r.failures;
      v_share := 1 - v_age / p_window_ms;
      v_requests := v.requests + v.last_requests * v_share;
      v_failures := v.failures + v.last_failures * v_share;
      IF r.failures > 0 AND v_requests >= p_min_requests AND v_failures * 100 >= p_error_percent * v_requests THEN
        v.state := 'open';
        v.opened_at := v_now;
        v.open_until := v_now + p_open_ms * interval '1 ms';
      END IF;
      UPDATE breaker b SET state = v.state, opened_at = v.opened_at, open_until = v.open_until, probe_session = NULL,
        probe_until = NULL, window_at = v.window_at, requests = v.requests, failures = v.failures,
        last_requests = v.last_requests, last_failures = v.last_failures
      WHERE b.provider = r.provider AND b.model = r.model;
    END IF;
    IF v.state = 'open' THEN
      provider := r.provider;
      model := r.model;
      open_for_ms := greatest(0, ceil(extract(epoch FROM v.open_until - v_now) * 1000));
      probing := v.probe_session IS NOT NULL AND v.probe_until > v_now;
      RETURN NEXT;
    END IF;
  END LOOP;
END $$;
