import { connectDatabase, type Database } from '@pressroom/db';
import { silentLogger } from '@pressroom/runtime';
import pg from 'pg';

import { createTestDatabase } from './test-database.ts';

export interface OpenTestDatabase {
  url: string;
  /** What the stores under test get. */
  database: Database;
  /** Looks at the tables past every store, on a connection of its own. */
  sql: <Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]) => Promise<Row[]>;
  /** A further pool on the same database: another process, as far as PostgreSQL can tell. */
  connect: (options?: { maxConnections?: number; applicationName?: string }) => Database;
  /** Closes every connection and drops the database. */
  close(): Promise<void>;
}

/** A migrated database of a test file's own with the pool that stores use. Open in `beforeAll`, close in `afterAll`. */
export async function openTestDatabase(options: { maxConnections?: number } = {}): Promise<OpenTestDatabase> {
  const own = await createTestDatabase();
  const { url } = own;
  const opened: Database[] = [];
  const connect: OpenTestDatabase['connect'] = ({ maxConnections = 8, applicationName = 'test' } = {}) => {
    const database = connectDatabase({ url, applicationName, maxConnections, log: silentLogger() });
    opened.push(database);
    return database;
  };
  const eye = new pg.Pool({ connectionString: url, max: 2 });
  // A test may end the server's connections on purpose; the next look opens a new one.
  eye.on('error', () => undefined);
  return {
    url,
    database: connect(options),
    sql: async <Row extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []) =>
      (await eye.query<Row>(text, [...values])).rows,
    connect,
    async close() {
      await Promise.all(opened.map((database) => database.close()));
      await eye.end();
      await own.drop();
    },
  };
}
