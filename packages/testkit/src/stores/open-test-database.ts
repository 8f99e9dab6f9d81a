import { connectDatabase, type Database } from '@pressroom/db';
import { silentLogger } from '@pressroom/runtime';
import pg from 'pg';

import { createTestDatabase } from './test-database.ts';

export interface OpenTestDatabase {
  url: string;
  /** The pool for the stores under test. */
  database: Database;
  /** Runs SQL on a separate connection, without a store. */
  sql: <Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]) => Promise<Row[]>;
  /** Opens a further pool on the same database, like another process. */
  connect: (options?: { maxConnections?: number; applicationName?: string }) => Database;
  /** Closes every connection and drops the database. */
  close(): Promise<void>;
}

/** Opens a migrated database for one test file, with a pool for stores. Open it in `beforeAll`, close it in `afterAll`. */
export async function openTestDatabase(options: { maxConnections?: number } = {}): Promise<OpenTestDatabase> {
  const own = await createTestDatabase();
  const { url } = own;
  const opened: Database[] = [];
  const connect: OpenTestDatabase['connect'] = ({ maxConnections = 8, applicationName = 'test' } = {}) => {
    const database = connectDatabase({ url, applicationName, maxConnections, log: silentLogger() });
    opened.push(database);
    return database;
  };
  const inspectionPool = new pg.Pool({ connectionString: url, max: 2 });
  // A test may terminate the server's connections; the next query opens a new one.
  inspectionPool.on('error', () => undefined);
  return {
    url,
    database: connect(options),
    sql: async <Row extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []) =>
      (await inspectionPool.query<Row>(text, [...values])).rows,
    connect,
    async close() {
      await Promise.all(opened.map((database) => database.close()));
      await inspectionPool.end();
      await own.drop();
    },
  };
}
