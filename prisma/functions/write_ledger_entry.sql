-- Writes one ledger entry. Clamps counts to the column's range, because a rejected entry would leave its reservation open for
-- ever.
CREATE OR REPLACE FUNCTION write_ledger_entry(p_entry jsonb, p_status text, p_cost bigint, p_baseline bigint) RETURNS void LANGUAGE sql AS $$
  INSERT INTO ledger_entry (id, created_at, tenant_id, task_id, step_id, step_key, agent, task_type, generation, attempt, path, purpose,
    tier, provider, model, uncached_input, cache_read, cache_write_5m, cache_write_1h, output, reasoning, cost_nano,
    baseline_nano, cache, status, lever, prompt_id, prompt_version, route, price_version, simulated, latency_ms, error_code,
    reservation_id, limitation, service_tier)
  SELECT gen_random_uuid(), pressroom_now(), e."tenantId", e."taskId", e."stepId", e."stepKey", e.agent, e."taskType", e.generation, e.attempt,
    e.path, e.purpose, e.tier, e.provider, e.model, token_count(e."uncachedInput"), token_count(e."cacheRead"),
    token_count(e."cacheWrite5m"), token_count(e."cacheWrite1h"), token_count(e.output), token_count(e.reasoning), p_cost, p_baseline, e.cache, p_status, e.lever, e."promptId", e."promptVersion", e.route,
    e."priceVersion", e.simulated, token_count(e."latencyMs"), e."errorCode", e."reservationId",
    e.limitation, e."serviceTier"
  FROM jsonb_to_record(p_entry) AS e("tenantId" uuid, "taskId" uuid, "stepId" uuid, "stepKey" text, agent text, "taskType" text,
    generation int, attempt int, path text, purpose text, tier text, provider text, model text, "uncachedInput" numeric,
    "cacheRead" numeric, "cacheWrite5m" numeric, "cacheWrite1h" numeric, output numeric, reasoning numeric, cache text, lever text,
    "promptId" text, "promptVersion" text, route jsonb, "priceVersion" text, simulated boolean, "latencyMs" numeric,
    "errorCode" text, "reservationId" uuid, limitation text, "serviceTier" text)
$$;
