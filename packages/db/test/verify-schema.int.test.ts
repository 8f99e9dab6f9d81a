import { silentLogger } from '@pressroom/runtime';
import { createTestDatabase, type TestDatabase } from '@pressroom/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { connectDatabase, type Database } from '../src/connection/database.ts';
import { applyMigrations } from '../src/migrate.ts';
import { readFunctionHistory } from '../src/migrations/function-history.ts';
import { FUNCTIONS_DIR } from '../src/migrations/locations.ts';
import { verifySchema } from '../src/migrations/verify-schema.sql.ts';

describe('verifySchema', () => {
  let testDatabase: TestDatabase;
  let database: Database;

  const execute = (sql: string) => database.prisma.$executeRawUnsafe(sql);

  beforeEach(async () => {
    testDatabase = await createTestDatabase();
    database = connectDatabase({
      url: testDatabase.url,
      applicationName: 'verify-schema-test',
      maxConnections: 2,
      log: silentLogger(),
    });
  });
  afterEach(async () => {
    await database.close();
    await testDatabase.drop();
  });

  it('accepts a database of this release', async () => {
    await expect(verifySchema(database)).resolves.toBeUndefined();
  });

  it('accepts a database that a newer release has migrated, for rolling upgrades', async () => {
    await execute(`UPDATE sql_function SET checksum = 'newer' WHERE name = 'end_calls'`);
    await execute(`INSERT INTO sql_function (name, checksum) VALUES ('of_a_newer_release', 'x')`);
    await execute(`INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, applied_steps_count)
      VALUES ('x', 'x', now(), '20990101000000_newer', 1)`);
    await expect(verifySchema(database)).resolves.toBeUndefined();
  });

  it.each(['cancel_tasks', 'exchange_steps'])(
    'refuses a database whose %s is of an earlier release, until db:migrate has replaced it',
    async (name) => {
      const former = readFunctionHistory(FUNCTIONS_DIR).get(name)?.at(-2);
      expect(former).toMatch(/^[0-9a-f]{64}$/);
      await execute(`UPDATE sql_function SET checksum = '${former ?? ''}' WHERE name = '${name}'`);
      await expect(verifySchema(database)).rejects.toThrow(
        new RegExp(`lacks this release's version of function ${name}; run .npm run db:migrate`),
      );
      await applyMigrations({ databaseUrl: testDatabase.url, log: silentLogger() });
      await expect(verifySchema(database)).resolves.toBeUndefined();
    },
  );

  it('rejects a database after `prisma migrate deploy` alone, until db:migrate has added the functions', async () => {
    await execute('DELETE FROM sql_function');
    await execute('DROP FUNCTION pressroom_now');
    await expect(verifySchema(database)).rejects.toThrow(/lacks function .*npm run db:migrate/);
    await applyMigrations({ databaseUrl: testDatabase.url, log: silentLogger() });
    await expect(verifySchema(database)).resolves.toBeUndefined();
  });

  it('rejects an empty database and names the missing objects', async () => {
    await execute('DROP SCHEMA public CASCADE');
    await execute('CREATE SCHEMA public');
    await expect(verifySchema(database)).rejects.toThrow(/lacks migration 20261120000000_init.* and \d+ more/);
  });
});
