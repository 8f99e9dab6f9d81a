-- One ledger row from the gateway's facts.
CREATE OR REPLACE FUNCTION write_ledger_entry(p_entry jsonb, p_status text, p_cost bigint, p_baseline bigint) RETURNS void LANGUAGE sql AS $$
  INSERT INTO ledger_entry (id, tenant_id, task_id, step_id, step_key, agent, task_type, generation, attempt, path, purpose,
    tier, provider, model, uncached_input, cache_read, cache_write_5m, cache_write_1h, output, reasoning, cost_nano,
    baseline_nano, cache, status, lever, prompt_id, prompt_version, route, price_version, simulated, latency_ms, error_code,
    reservation_id)
  SELECT gen_random_uuid(), e."tenantId", e."taskId", e."stepId", e."stepKey", e.agent, e."taskType", e.generation, e.attempt,
    e.path, e.purpose, e.tier, e.provider, e.model, e."uncachedInput", e."cacheRead", e."cacheWrite5m", e."cacheWrite1h",
    e.output, e.reasoning, p_cost, p_baseline, e.cache, p_status, e.lever, e."promptId", e."promptVersion", e.route,
    e."priceVersion", e.simulated, e."latencyMs", e."errorCode", e."reservationId"
  FROM jsonb_to_record(p_entry) AS e("tenantId" uuid, "taskId" uuid, "stepId" uuid, "stepKey" text, agent text, "taskType" text,
    generation int, attempt int, path text, purpose text, tier text, provider text, model text, "uncachedInput" int,
    "cacheRead" int, "cacheWrite5m" int, "cacheWrite1h" int, output int, reasoning int, cache text, lever text,
    "promptId" text, "promptVersion" text, route jsonb, "priceVersion" text, simulated boolean, "latencyMs" int,
    "errorCode" text, "reservationId" uuid)
$$;
