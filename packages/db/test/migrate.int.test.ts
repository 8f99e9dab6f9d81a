import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { silentLogger } from '@pressroom/runtime';
import { createTestDatabase, type TestDatabase } from '@pressroom/testkit';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { applyMigrations } from '../src/migrate.ts';
import { diffSchema } from '../src/migrations/diff-schema.ts';

const WITH_RAW_SQL = `
CREATE TABLE entry (id INTEGER NOT NULL, at TIMESTAMPTZ(3) NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE entry_2026 PARTITION OF entry FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE INDEX entry_recent ON entry (id) WHERE id > 10;
CREATE FUNCTION twice(n INTEGER) RETURNS INTEGER LANGUAGE plpgsql AS $$ DECLARE m INTEGER; BEGIN m := n * 2; RETURN m; END $$;
`;
const FUNCTION_TABLE =
  'CREATE TABLE sql_function (name TEXT PRIMARY KEY, checksum TEXT NOT NULL, applied_at TIMESTAMPTZ NOT NULL DEFAULT now());';
const functionOf = (name: string, body: string) =>
  `CREATE OR REPLACE FUNCTION ${name}(n int) RETURNS int LANGUAGE sql AS $$ ${body} $$;`;
const SCHEMA = {
  path: 'schema.prisma',
  content: `
datasource db {
  provider = "postgresql"
}

model Entry {
  id Int
  at DateTime @db.Timestamptz(3)

  @@id([id, at])
  @@map("entry")
}
`,
};

describe('applyMigrations', () => {
  const log = silentLogger();
  let database: TestDatabase;
  let migrationsDir: string;
  let functionsDir: string;

  const addFunction = (name: string, sql: string) => {
    writeFileSync(join(functionsDir, `${name}.sql`), sql);
  };
  const addMigration = (name: string, sql: string) => {
    mkdirSync(join(migrationsDir, name));
    writeFileSync(join(migrationsDir, name, 'migration.sql'), sql);
  };
  const query = async (sql: string) => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    return client.query<Record<string, unknown>>(sql).finally(() => client.end());
  };
  const apply = () => applyMigrations({ databaseUrl: database.url, log, migrationsDir, functionsDir });

  beforeEach(async () => {
    migrationsDir = mkdtempSync(join(tmpdir(), 'pressroom-migrations-'));
    functionsDir = mkdtempSync(join(tmpdir(), 'pressroom-functions-'));
    database = await createTestDatabase();
    await query('DROP SCHEMA public CASCADE');
    await query('CREATE SCHEMA public');
  });
  afterEach(async () => {
    rmSync(migrationsDir, { recursive: true, force: true });
    rmSync(functionsDir, { recursive: true, force: true });
    await database.drop();
  });

  it('applies missing migrations once with concurrent processes', async () => {
    addMigration('1_entry', WITH_RAW_SQL);
    const answers = await Promise.all([apply(), apply(), apply()]);
    expect(answers.flat()).toEqual(['1_entry']);
    expect((await query('SELECT twice(21) AS answer')).rows).toEqual([{ answer: 42 }]);
  });

  it('does nothing, quickly, on a current database', async () => {
    addMigration('1_entry', WITH_RAW_SQL);
    await apply();
    const startedMs = performance.now();
    expect(await apply()).toEqual([]);
    expect(performance.now() - startedMs).toBeLessThan(100);
  });

  it('rolls a failed migration back, and refuses to continue until it is resolved', async () => {
    addMigration('1_broken', 'CREATE TABLE half (id INTEGER); SELECT no_such_function();');
    await expect(apply()).rejects.toThrow(/no_such_function/);
    expect((await query(`SELECT to_regclass('half') AS half`)).rows).toEqual([{ half: null }]);
    await expect(apply()).rejects.toThrow(/1_broken failed half-way/);
  });

  it('rejects a database of a newer release', async () => {
    addMigration('1_entry', WITH_RAW_SQL);
    addMigration('2_more', 'SELECT 1;');
    await apply();
    rmSync(join(migrationsDir, '2_more'), { recursive: true });
    await expect(apply()).rejects.toThrow(/newer release \(2_more\)/);
  });

  it('applies functions after the migrations, and again only those whose file changed', async () => {
    addMigration('1_functions', FUNCTION_TABLE);
    addFunction('twice', functionOf('twice', 'SELECT thrice(n) - n'));
    addFunction('thrice', functionOf('thrice', 'SELECT n * 3'));
    expect(await apply()).toEqual(['1_functions', 'thrice', 'twice']);
    expect((await query('SELECT twice(21) AS answer')).rows).toEqual([{ answer: 42 }]);

    addFunction('twice', functionOf('twice', 'SELECT n + n + 0'));
    expect((await Promise.all([apply(), apply(), apply()])).flat()).toEqual(['twice']);
    expect(await apply()).toEqual([]);
  });

  it('changes no function when one of them fails, and names the file', async () => {
    addMigration('1_functions', FUNCTION_TABLE);
    addFunction('a', functionOf('a', 'SELECT n'));
    addFunction('b', 'CREATE OR REPLACE FUNCTION b(');
    await expect(apply()).rejects.toThrow(/prisma\/functions\/b\.sql failed/);
    expect((await query(`SELECT to_regproc('a') AS a`)).rows).toEqual([{ a: null }]);
  });

  it('requires a migration to drop a function before its result type changes, and says so', async () => {
    addMigration('1_functions', FUNCTION_TABLE);
    addFunction('a', functionOf('a', 'SELECT n'));
    await apply();
    addFunction('a', `CREATE OR REPLACE FUNCTION a(n int) RETURNS text LANGUAGE sql AS $$ SELECT n::text $$;`);
    await expect(apply()).rejects.toThrow(/DROP FUNCTION in a migration/);
    addMigration('2_drop', 'DROP FUNCTION a(int);');
    expect(await apply()).toEqual(['2_drop', 'a']);
  });

  it('adds the functions after another tool has applied the migrations', async () => {
    const sql = 'CREATE TABLE only_once (id INTEGER);';
    addMigration('1_functions', FUNCTION_TABLE);
    await apply();
    // The state after `prisma migrate deploy`: migrations and their records, without functions.
    addMigration('2_more', sql);
    await query(sql);
    await query(`INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, applied_steps_count)
      VALUES (gen_random_uuid()::text, encode(sha256(convert_to('${sql}', 'UTF8')), 'hex'), now(), '2_more', 1)`);
    addFunction('a', functionOf('a', 'SELECT n'));
    expect(await apply()).toEqual(['a']);
  });

  it('names an unreachable server, without the password', async () => {
    const databaseUrl = 'postgresql://user:hush@127.0.0.1:1/pressroom';
    const error: unknown = await applyMigrations({ databaseUrl, log, migrationsDir }).catch(
      (caught: unknown) => caught,
    );
    expect(String(error)).toMatch(/127\.0\.0\.1:1\/pressroom.*DATABASE_URL/);
    expect(String(error)).not.toContain('hush');
  });

  it('agrees with a schema that cannot express partitions, functions and partial indexes', async () => {
    addMigration('1_entry', WITH_RAW_SQL);
    await apply();
    expect(await diffSchema({ databaseUrl: database.url, schema: SCHEMA })).toBe('');
  });

  it('reports a column that only the schema has', async () => {
    addMigration('1_entry', WITH_RAW_SQL);
    await apply();
    const schema = { ...SCHEMA, content: SCHEMA.content.replace('id Int', 'id Int\n  note String?') };
    expect(await diffSchema({ databaseUrl: database.url, schema })).toContain('ADD COLUMN     "note" TEXT');
  });
});
