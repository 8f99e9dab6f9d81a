-- Order inside a tenant (milliseconds): steps of begun tasks before first steps, then the time since which the task has been
-- waiting (its creation, or the hour it was scheduled for), where one point of priority is worth 30 seconds, so that
-- nothing starves. What is due is therefore never beyond now + 4 × 30 s, on which dispatch relies.
CREATE OR REPLACE FUNCTION step_order_key(p_waiting_since timestamptz, p_priority int, p_begun boolean) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT floor(extract(epoch FROM p_waiting_since) * 1000)::bigint + (p_priority - 5) * 30000
    - CASE WHEN p_begun THEN 10000000000000 ELSE 0 END
$$;
