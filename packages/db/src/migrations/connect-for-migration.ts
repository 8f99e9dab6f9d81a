import pg from 'pg';

import { DatabaseUnreachableError, MigrationError } from './migration-error.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const MIN_SERVER_VERSION = 140_000;

/** Opens a connection. Errors name the fault of the URL or the server, without the password. */
export async function connectForMigration(databaseUrl: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  try {
    await client.connect();
  } catch (error) {
    throw new DatabaseUnreachableError(databaseUrl, error);
  }
  const { rows } = await client.query<{ version: number }>(
    `SELECT current_setting('server_version_num')::int AS version`,
  );
  const version = rows[0]?.version ?? 0;
  if (version < MIN_SERVER_VERSION) {
    await client.end();
    throw new MigrationError(
      `PostgreSQL 14 or newer is required; the server of DATABASE_URL is version ${Math.floor(version / 10_000)}`,
    );
  }
  return client;
}
