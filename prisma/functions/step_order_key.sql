-- Sort key of a tenant's steps, in milliseconds: steps of started tasks (p_begun) before first steps, then by the time from
-- which the task waits (its creation or scheduled start), shifted by 30 seconds per point of priority, so that no step starves.
-- The key of a due step is therefore at most now + 4 × 30 s; dispatch relies on this.
CREATE OR REPLACE FUNCTION step_order_key(p_waiting_since timestamptz, p_priority int, p_begun boolean) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT floor(extract(epoch FROM p_waiting_since) * 1000)::bigint + (p_priority - 5) * 30000
    - CASE WHEN p_begun THEN 10000000000000 ELSE 0 END
$$;
