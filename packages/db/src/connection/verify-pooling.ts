import pg from 'pg';

import { DatabaseUnreachableError, MigrationError } from '../migrations/migration-error.ts';
import { translateStoreError } from './store-errors.ts';

const CONNECT_TIMEOUT_MS = 5_000;
/** Looks for shared server connections; each look alone finds them on an idle pooler. */
const ROUNDS = 5;

/**
 * Refuses a pooler that shares server connections between clients (PgBouncer's `pool_mode` transaction and statement): prepared
 * statements, session settings, LISTEN and advisory locks would reach the wrong connection. Without a pooler it costs one
 * connection and one query.
 *
 * @throws {MigrationError} STORE_UNSUITABLE with the setting that is supported
 * @throws {DatabaseUnreachableError} naming host, port and cause when no connection can be made
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
    // A server announces its own process at login; poolers announce a number of their own.
    const { processID } = first as unknown as { processID: number | null };
    if (processID === (await backendOf(first))) return;
    const second = await connect();
    for (let round = 0; round < ROUNDS; round += 1) {
      if (await isShared(first, second)) throw sharedConnections();
    }
  } catch (error) {
    throw translateStoreError(error);
  } finally {
    await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
  }
}

/** A session of one's own keeps its server process, and no other client ever sees it. */
async function isShared(first: pg.Client, second: pg.Client): Promise<boolean> {
  const before = await backendOf(first);
  await second.query('BEGIN');
  try {
    // In a transaction the second client holds the connection that the first has just used, where they share any.
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
