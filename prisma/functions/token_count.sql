-- A count as ledger columns hold it: whole, and between 0 and the largest integer.
CREATE OR REPLACE FUNCTION token_count(p_count numeric) RETURNS int LANGUAGE sql IMMUTABLE AS $$
  SELECT greatest(0, least(2147483647, round(p_count)))::int
$$;
