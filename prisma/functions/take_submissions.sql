-- Takes up to p_want tokens from a tenant's token bucket, which all coordinators share. It refills at the tenant's rate and holds
-- ten seconds' worth, so that no minute exceeds 7/6 of the rate. Returns the number of tokens taken and the milliseconds until
-- the next one. A tenant without a limit gets p_want.
CREATE OR REPLACE FUNCTION take_submissions(p_tenant uuid, p_want int) RETURNS TABLE (taken int, wait_ms int) LANGUAGE plpgsql SET lock_timeout = '200ms' AS $$
DECLARE
  v_rate int;
  v_capacity double precision;
  v_tokens double precision;
  v_taken int;
BEGIN
  SELECT t.rate_limit_per_minute INTO v_rate FROM tenant t WHERE t.id = p_tenant;
  IF v_rate IS NULL THEN RETURN QUERY SELECT p_want, 0; RETURN; END IF;
  v_capacity := greatest(1, v_rate / 6.0);
  INSERT INTO tenant_rate (tenant_id, tokens, at) VALUES (p_tenant, v_capacity, clock_timestamp()) ON CONFLICT DO NOTHING;
  SELECT r.tokens + greatest(0, extract(epoch FROM clock_timestamp() - r.at)) * v_rate / 60.0 INTO v_tokens
  FROM tenant_rate r WHERE r.tenant_id = p_tenant FOR UPDATE;
  v_tokens := least(v_capacity, v_tokens);
  v_taken := least(floor(v_tokens)::int, p_want);
  UPDATE tenant_rate r SET tokens = v_tokens - v_taken, at = clock_timestamp() WHERE r.tenant_id = p_tenant;
  RETURN QUERY SELECT v_taken, ceil(greatest(0, 1 - (v_tokens - v_taken)) * 60000.0 / v_rate)::int;
END $$;
