-- Business time: the start of the current transaction. Deadlines, schedules, retention and budget periods use it, and tests
-- replace it with a function that adds an offset. Liveness (sessions, breakers, loop leases) uses now(), which such an offset
-- must not affect.
CREATE OR REPLACE FUNCTION pressroom_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT now() $$;
