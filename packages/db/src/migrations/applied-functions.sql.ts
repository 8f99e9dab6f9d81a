import type { Client } from 'pg';

import { errorMessage } from '@pressroom/runtime';

import { MigrationError } from './migration-error.ts';
import type { FunctionFile } from './read-functions.ts';

/** Checksums of the database's functions by name; empty before the migration that creates their table. */
export async function selectAppliedFunctions(client: Client): Promise<Map<string, string>> {
  const { rows } = await client.query<{ present: boolean }>(
    `SELECT to_regclass('sql_function') IS NOT NULL AS present`,
  );
  if (rows[0]?.present !== true) return new Map();
  const applied = await client.query<{ name: string; checksum: string }>('SELECT name, checksum FROM sql_function');
  return new Map(applied.rows.map(({ name, checksum }) => [name, checksum]));
}

/**
 * Creates or replaces the functions and records their checksums in one transaction. Does not check function bodies, so that
 * functions may call each other in any order of files.
 */
export async function applyFunctions(client: Client, functions: readonly FunctionFile[]): Promise<void> {
  if (functions.length === 0) return;
  await client.query('BEGIN');
  let current = '';
  try {
    await client.query('SET LOCAL check_function_bodies = off');
    for (const { name, sql, checksum } of functions) {
      current = name;
      await client.query(sql);
      await client.query(
        `INSERT INTO sql_function (name, checksum) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET checksum = excluded.checksum, applied_at = now()`,
        [name, checksum],
      );
    }
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw new MigrationError(
      `prisma/functions/${current}.sql failed: ${errorMessage(error)}; no function was changed. ` +
        'A changed result type or parameter name requires a new function name, or a DROP FUNCTION in a migration.',
      { cause: error },
    );
  }
}
