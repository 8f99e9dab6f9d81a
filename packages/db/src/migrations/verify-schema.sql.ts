import type { Database } from '../connection/database.ts';
import { MigrationError } from './migration-error.ts';
import { FUNCTIONS_DIR, MIGRATIONS_DIR } from './locations.ts';
import { readFunctions } from './read-functions.ts';
import { readMigrations } from './read-migrations.ts';

const SELECT_TABLES = {
  name: 'schema_record_tables',
  text: `SELECT to_regclass('_prisma_migrations') IS NOT NULL AS migrations, to_regclass('sql_function') IS NOT NULL AS functions`,
};
const SELECT_MIGRATIONS = {
  name: 'applied_migration_names',
  text: `SELECT migration_name AS name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL`,
};
const SELECT_FUNCTIONS = { name: 'applied_function_names', text: 'SELECT name FROM sql_function' };

/**
 * Throws `MigrationError` unless the database has every migration and every SQL function that this build uses. A database
 * that has more, or newer definitions, passes: during a rolling upgrade both releases run on it.
 */
export async function verifySchema(database: Database): Promise<void> {
  const [tables] = await database.read<{ migrations: boolean; functions: boolean }>(SELECT_TABLES, []);
  const namesOf = async (statement: typeof SELECT_FUNCTIONS, isPresent = false) =>
    new Set(isPresent ? (await database.read<{ name: string }>(statement, [])).map(({ name }) => name) : []);
  const migrations = await namesOf(SELECT_MIGRATIONS, tables?.migrations);
  const functions = await namesOf(SELECT_FUNCTIONS, tables?.functions);
  const missing = [
    ...readMigrations(MIGRATIONS_DIR).flatMap(({ name }) => (migrations.has(name) ? [] : [`migration ${name}`])),
    ...readFunctions(FUNCTIONS_DIR).flatMap(({ name }) => (functions.has(name) ? [] : [`function ${name}`])),
  ];
  if (missing.length === 0) return;
  const shown = missing.slice(0, 3).join(', ') + (missing.length > 3 ? ` and ${missing.length - 3} more` : '');
  throw new MigrationError(
    `the database lacks ${shown}; run \`npm run db:migrate\` (also after \`prisma migrate deploy\`, which applies no functions)`,
  );
}
