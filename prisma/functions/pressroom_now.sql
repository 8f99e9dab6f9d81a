-- The start of the current transaction, as every deadline, schedule, retention window and budget period reads it.
-- Tests replace this function in their own database with one that adds an offset. Liveness (sessions, breakers,
-- loop leases) reads now() instead: it must not move when business time does.
CREATE OR REPLACE FUNCTION pressroom_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT now() $$;
