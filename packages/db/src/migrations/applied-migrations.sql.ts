import type { Client } from 'pg';

import type { AppliedMigration } from './migration.ts';

const SELECT = `
  SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS finished, rolled_back_at IS NOT NULL AS "rolledBack"
    FROM _prisma_migrations
   ORDER BY started_at`;

/** Rows of Prisma's migration table; empty for a new database. */
export async function selectAppliedMigrations(client: Client): Promise<AppliedMigration[]> {
  const { rows } = await client.query<{ present: boolean }>(
    `SELECT to_regclass('_prisma_migrations') IS NOT NULL AS present`,
  );
  if (rows[0]?.present !== true) return [];
  return (await client.query<AppliedMigration>(SELECT)).rows;
}
