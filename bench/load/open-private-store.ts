import {
  applyMigrations,
  connectDatabase,
  createAccessStore,
  type Database,
  type EmbeddedPostgres,
} from '@pressroom/db';
import { silentLogger } from '@pressroom/runtime';
import { startPrivatePostgres } from '@pressroom/testkit';
import pg from 'pg';

/** An empty store for one benchmark, with one tenant. */
export interface PrivateStore {
  database: Database;
  /** Direct access to the tables. */
  sql: pg.Client;
  tenantId: string;
  pid: EmbeddedPostgres['pid'];
  close(): Promise<void>;
}

export async function openPrivateStore(): Promise<PrivateStore> {
  const log = silentLogger();
  const postgres = await startPrivatePostgres();
  await applyMigrations({ databaseUrl: postgres.url, log });
  const database = connectDatabase({ url: postgres.url, applicationName: 'bench', maxConnections: 4, log });
  const sql = new pg.Client({ connectionString: postgres.url });
  await sql.connect();
  return {
    database,
    sql,
    pid: postgres.pid,
    tenantId: await createAccessStore(database).ensureTenant('default'),
    async close() {
      await sql.end();
      await database.close();
      await postgres.stop();
    },
  };
}
