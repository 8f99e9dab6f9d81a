/** The part of a test database that is used here. */
interface Queryable {
  sql: (text: string, values?: readonly unknown[]) => Promise<unknown>;
}

const OFFSET = `(SELECT offset_ms FROM pressroom_test_clock) * interval '1 ms'`;

/**
 * Advances business time in one test database, for every process that uses it: replaces `pressroom_now()` and
 * `pressroom_clock()` by versions that add an offset from a one-row table. Liveness (sessions, loop leases, breakers) stays
 * on the server's clock. Calls accumulate; a negative amount moves time back.
 */
export async function advanceClock(database: Queryable, ms: number): Promise<void> {
  await database.sql(
    `CREATE TABLE IF NOT EXISTS pressroom_test_clock (id int PRIMARY KEY CHECK (id = 1), offset_ms bigint NOT NULL)`,
  );
  await database.sql(`INSERT INTO pressroom_test_clock VALUES (1, 0) ON CONFLICT DO NOTHING`);
  await database.sql(
    `CREATE OR REPLACE FUNCTION pressroom_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT now() + ${OFFSET} $$`,
  );
  await database.sql(
    `CREATE OR REPLACE FUNCTION pressroom_clock() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
       SELECT clock_timestamp() + ${OFFSET} $$`,
  );
  await database.sql(`UPDATE pressroom_test_clock SET offset_ms = offset_ms + $1`, [ms]);
}
