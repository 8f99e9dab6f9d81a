import pg from 'pg';

import { errorMessage } from '@pressroom/runtime';

import { DatabaseUnreachableError, MigrationError } from './migration-error.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const MIN_SERVER_VERSION = 140_000;

/** Connects or says plainly what is wrong with the URL or the server. The password never appears in messages. */
export async function connectForMigration(databaseUrl: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  try {
    await client.connect();
  } catch (error) {
    throw new DatabaseUnreachableError(
      `cannot connect to PostgreSQL at ${describe(databaseUrl)} (${reason(error)}): is the server up, and DATABASE_URL right?`,
      { cause: error },
    );
  }
  const { rows } = await client.query<{ version: number }>(
    `SELECT current_setting('server_version_num')::int AS version`,
  );
  const version = rows[0]?.version ?? 0;
  if (version < MIN_SERVER_VERSION) {
    await client.end();
    throw new MigrationError(`PostgreSQL 14 or newer is needed; DATABASE_URL leads to ${Math.floor(version / 10_000)}`);
  }
  return client;
}

function describe(databaseUrl: string): string {
  try {
    const { host, pathname } = new URL(databaseUrl);
    return `${host}${pathname}`;
  } catch {
    return 'DATABASE_URL';
  }
}

/** Node reports a refused connection to several addresses as an error without a message. */
function reason(error: unknown): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return errorMessage(first);
}
