-- The current time, which advances inside a transaction; the counterpart of pressroom_now().
CREATE OR REPLACE FUNCTION pressroom_clock() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE AS $$ SELECT clock_timestamp() $$;
