import type { Database } from '../connection/database.ts';
import { MigrationError } from './migration-error.ts';
import { FUNCTIONS_DIR, MIGRATIONS_DIR } from './locations.ts';
import { readFunctionHistory, selectOutdatedFunctions } from './function-history.ts';
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
const SELECT_FUNCTIONS = { name: 'applied_functions', text: 'SELECT name, checksum FROM sql_function' };

/**
 * Throws `MigrationError` unless the database has all migrations and SQL functions of this build, none in an earlier version.
 * Accepts additional objects and newer versions, because both releases use the database during a rolling upgrade.
 */
export async function verifySchema(database: Database): Promise<void> {
  const [tables] = await database.read<{ migrations: boolean; functions: boolean }>(SELECT_TABLES, []);
  const migrations = new Set(
    tables?.migrations === true
      ? (await database.read<{ name: string }>(SELECT_MIGRATIONS, [])).map(({ name }) => name)
      : [],
  );
  const applied = new Map(
    tables?.functions === true
      ? (await database.read<{ name: string; checksum: string }>(SELECT_FUNCTIONS, [])).map(
          ({ name, checksum }) => [name, checksum] as const,
        )
      : [],
  );
  const functions = readFunctions(FUNCTIONS_DIR);
  const outdated = selectOutdatedFunctions(functions, applied, readFunctionHistory(FUNCTIONS_DIR));
  const missing = [
    ...readMigrations(MIGRATIONS_DIR).flatMap(({ name }) => (migrations.has(name) ? [] : [`migration ${name}`])),
    ...functions.flatMap(({ name }) => (applied.has(name) ? [] : [`function ${name}`])),
    ...outdated.map((name) => `this release's version of function ${name}`),
  ];
  if (missing.length === 0) return;
  const shown = missing.slice(0, 3).join(', ') + (missing.length > 3 ? ` and ${missing.length - 3} more` : '');
  throw new MigrationError(
    `the database lacks ${shown}; run \`npm run db:migrate\` (also after \`prisma migrate deploy\`, which applies no functions)`,
  );
}
