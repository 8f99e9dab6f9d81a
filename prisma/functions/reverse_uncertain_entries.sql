-- Reverses the worst-case entries of a reservation by rows with negated amounts, so that sums of cost, baseline and tokens
-- equal those of the entry that follows.
CREATE OR REPLACE FUNCTION reverse_uncertain_entries(p_reservation uuid) RETURNS void LANGUAGE sql AS $$
  INSERT INTO ledger_entry (id, created_at, tenant_id, task_id, step_id, step_key, agent, task_type, generation, attempt, path, purpose,
    tier, provider, model, uncached_input, cache_read, cache_write_5m, cache_write_1h, output, reasoning, cost_nano,
    baseline_nano, cache, status, lever, prompt_id, prompt_version, route, price_version, simulated, latency_ms, error_code,
    reservation_id, limitation, service_tier)
  SELECT gen_random_uuid(), pressroom_now(), l.tenant_id, l.task_id, l.step_id, l.step_key, l.agent, l.task_type, l.generation, l.attempt, l.path,
    l.purpose, l.tier, l.provider, l.model, -l.uncached_input, -l.cache_read, -l.cache_write_5m, -l.cache_write_1h, -l.output,
    -l.reasoning, -l.cost_nano, -l.baseline_nano, l.cache, l.status, l.lever, l.prompt_id, l.prompt_version, l.route,
    l.price_version, l.simulated, 0, l.error_code, l.reservation_id,
    l.limitation, l.service_tier
  FROM ledger_entry l WHERE l.reservation_id = p_reservation AND l.status = 'uncertain'
$$;
