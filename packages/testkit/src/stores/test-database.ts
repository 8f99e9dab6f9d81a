import { randomBytes } from 'node:crypto';

import pg from 'pg';

export interface TestDatabase {
  url: string;
  /** Drops the database and terminates its connections. */
  drop(): Promise<void>;
}

/**
 * Creates a migrated database, a copy of the template of the test run (about 40 ms). One per test file is enough when tests
 * use separate tenants. As in production, its owner is not a superuser.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = process.env['TEST_DATABASE_URL'];
  const template = process.env['TEST_DATABASE_TEMPLATE'];
  const admin = process.env['TEST_DATABASE_ADMIN_URL'];
  if (server === undefined || admin === undefined || template === undefined) {
    throw new Error(
      'no test database: run the tests through vitest (--project integration or e2e), whose set-up starts one',
    );
  }
  const name = `test_${randomBytes(6).toString('hex')}`;
  const url = new URL(server);
  await execute(admin, `CREATE DATABASE ${name} TEMPLATE ${template} OWNER ${toOwner(url)}`);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => execute(admin, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

/** The role of a connection string for `CREATE DATABASE … OWNER`; `DEFAULT` without one. */
export const toOwner = ({ username }: URL): string =>
  username === '' ? 'DEFAULT' : pg.escapeIdentifier(decodeURIComponent(username));

async function execute(databaseUrl: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
