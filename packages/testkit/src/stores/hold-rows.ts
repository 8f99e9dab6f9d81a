import pg from 'pg';

/**
 * Locks rows in a separate transaction, like an idle `psql` session, until the returned function is called.
 *
 * @param query a `SELECT … FOR UPDATE`
 */
export async function holdRows(
  databaseUrl: string,
  query: string,
  values: readonly unknown[] = [],
): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'row-holder' });
  // The database may be dropped under a test that failed before it released the rows.
  client.on('error', () => undefined);
  await client.connect();
  await client.query('BEGIN');
  const { rowCount } = await client.query(query, [...values]);
  if (rowCount === 0) throw new Error(`no row to lock: ${query}`);
  return async () => {
    await client.query('ROLLBACK');
    await client.end();
  };
}
