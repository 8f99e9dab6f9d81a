-- Rounds a count and clamps it to the range of the ledger's integer columns, from 0.
CREATE OR REPLACE FUNCTION token_count(p_count numeric) RETURNS int LANGUAGE sql IMMUTABLE AS $$
  SELECT greatest(0, least(2147483647, round(p_count)))::int
$$;
