import pg from 'pg';

import { DatabaseUnreachableError, MigrationError } from '../migrations/migration-error.ts';
import { translateStoreError } from './store-errors.ts';

const CONNECT_TIMEOUT_MS = 5_000;
/** Checks for shared server connections; on an idle pooler one check suffices. */
const CHECKS = 5;

/**
 * Rejects a pooler that shares server connections between clients (PgBouncer's `pool_mode` transaction and statement), with which
 * prepared statements, session settings, LISTEN and advisory locks would reach the wrong connection. Costs one connection and
 * one query without a pooler.
 *
 * @throws {MigrationError} STORE_UNSUITABLE, with the supported setting
 * @throws {DatabaseUnreachableError} with host, port and cause, when no connection can be opened
 * @throws {StoreUnavailableError}
 */
export async function verifyPooling(databaseUrl: string): Promise<void> {
  const clients: pg.Client[] = [];
  const connect = async (): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
    client.on('error', () => undefined);
    clients.push(client);
    await client.connect();
    return client;
  };
  try {
    const first = await connect().catch((error: unknown) => {
      throw new DatabaseUnreachableError(databaseUrl, error);
    });
    // PostgreSQL reports its backend's pid at login; poolers report another number.
    const { processID } = first as unknown as { processID: number | null };
    if (processID === (await backendOf(first))) return;
    const second = await connect();
    for (let check = 0; check < CHECKS; check += 1) {
      if (await isShared(first, second)) throw sharedConnections();
    }
  } catch (error) {
    throw translateStoreError(error);
  } finally {
    await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
  }
}

/** A dedicated server connection keeps its backend pid, and no other client gets it. */
async function isShared(first: pg.Client, second: pg.Client): Promise<boolean> {
  const before = await backendOf(first);
  await second.query('BEGIN');
  try {
    // In a transaction the second client keeps the server connection that the first has just used, if they share one.
    return (await backendOf(second)) === before || (await backendOf(first)) !== before;
  } finally {
    await second.query('ROLLBACK');
  }
}

async function backendOf(client: pg.Client): Promise<number | undefined> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return rows[0]?.pid;
}

const sharedConnections = (): MigrationError =>
  new MigrationError(
    'DATABASE_URL leads to a connection pooler that shares server connections between clients (pool_mode transaction or ' +
      'statement): prepared statements, session settings, LISTEN and advisory locks do not work there. Set pool_mode = ' +
      'session for this database in pgbouncer.ini, or connect to PostgreSQL directly',
  );
