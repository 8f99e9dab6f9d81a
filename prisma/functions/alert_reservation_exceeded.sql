-- Alerts operators that a call cost more than was reserved, so that budgets may be exceeded. At most one alert per hour and
-- tenant; the ledger has all cases.
CREATE OR REPLACE FUNCTION alert_reservation_exceeded(p_entry jsonb, p_held bigint, p_cost bigint) RETURNS void LANGUAGE sql AS $$
  INSERT INTO alert (id, tenant_id, kind, message, data, created_at)
  SELECT gen_random_uuid(), (p_entry ->> 'tenantId')::uuid, 'reservation_exceeded',
    format('A call of %s/%s cost %s nano-dollars, of which %s were held: compare the provider''s invoice with the ledger',
      p_entry ->> 'provider', p_entry ->> 'model', p_cost, p_held),
    jsonb_build_object('reservationId', p_entry ->> 'reservationId', 'taskId', p_entry ->> 'taskId', 'provider', p_entry ->> 'provider',
      'model', p_entry ->> 'model', 'heldNanoUsd', p_held::text, 'costNanoUsd', p_cost::text, 'limitation', p_entry ->> 'limitation'), pressroom_now()
  WHERE NOT EXISTS (SELECT 1 FROM alert a WHERE a.tenant_id IS NOT DISTINCT FROM (p_entry ->> 'tenantId')::uuid
    AND a.kind = 'reservation_exceeded' AND a.created_at > pressroom_now() - interval '1 hour')
$$;
