import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { identifyProcess, silentLogger } from '@pressroom/runtime';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { startEmbeddedPostgres, type EmbeddedPostgres } from '../src/embedded-postgres.ts';
import { THROWAWAY_SETTINGS } from '../src/embedded/server-settings.ts';
import { applyMigrations } from '../src/migrate.ts';

const OWNER = `
import { startEmbeddedPostgres, THROWAWAY_SETTINGS } from ${JSON.stringify(new URL('../src/index.ts', import.meta.url).href)};
import { silentLogger } from ${JSON.stringify(pathToFileURL(createRequire(import.meta.url).resolve('@pressroom/runtime')).href)};
const { pid } = await startEmbeddedPostgres({ dataDir: process.argv[1], log: silentLogger(), settings: THROWAWAY_SETTINGS });
process.stdout.write(String(pid));
`;

/** Objects in the application's schemas that its role does not own; members of extensions belong to the superuser. */
const OBJECTS_OF_OTHERS = `
  SELECT catalog, name FROM (
    SELECT 'class' AS catalog, relname::text AS name, relowner AS owner, oid, relnamespace AS namespace FROM pg_class
    UNION ALL SELECT 'proc', proname, proowner, oid, pronamespace FROM pg_proc
    UNION ALL SELECT 'type', typname, typowner, oid, typnamespace FROM pg_type
    UNION ALL SELECT 'statistics', stxname, stxowner, oid, stxnamespace FROM pg_statistic_ext
    UNION ALL SELECT 'schema', nspname, nspowner, oid, oid FROM pg_namespace WHERE nspname = 'bullmq'
    UNION ALL SELECT 'database', datname, datdba, oid, 'public'::regnamespace FROM pg_database WHERE datname = 'pressroom'
  ) AS objects
  WHERE namespace IN (SELECT oid FROM pg_namespace WHERE nspname IN ('public', 'bullmq'))
    AND owner <> (SELECT oid FROM pg_roles WHERE rolname = current_user)
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = objects.oid AND d.deptype = 'e')
    AND name NOT LIKE '%gtrgm'`;

const PRIVILEGED_STATEMENTS = [
  'SELECT FROM pg_authid',
  "COPY bullmq.job FROM PROGRAM 'id'",
  "COPY (SELECT 1) TO PROGRAM 'cat'",
  "COPY bullmq.job FROM '/etc/passwd'",
  "SELECT pg_read_file('/etc/passwd')",
  "SELECT lo_import('/etc/passwd')",
  "ALTER SYSTEM SET work_mem = '1MB'",
  "LOAD 'auto_explain'",
  'CREATE EXTENSION file_fdw',
  'CREATE DATABASE other',
  'CREATE ROLE other',
  'ALTER ROLE pressroom_app SUPERUSER',
  'SET ROLE pressroom',
  'SET SESSION AUTHORIZATION pressroom',
];

describe('startEmbeddedPostgres', () => {
  let dataDir: string;
  let server: EmbeddedPostgres | undefined;

  const start = async () => {
    server = await startEmbeddedPostgres({ dataDir, log: silentLogger(), settings: THROWAWAY_SETTINGS });
    return server;
  };
  const select = async (url: string, sql: string) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    return (await client.query<Record<string, unknown>>(sql).finally(() => client.end())).rows;
  };
  /** Starts another process that owns the directory; resolves when its server is ready. */
  const startElsewhere = async () => {
    const owner = spawn(process.execPath, ['--input-type=module-typescript', '-e', OWNER, dataDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [output] = (await once(owner.stdout, 'data')) as [Buffer];
    return { owner, postgresPid: Number(output.toString()) };
  };
  const kill = async (child: ReturnType<typeof spawn>) => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  };

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'pressroom-embedded-'));
  });
  afterEach(async () => {
    await server?.stop();
    server = undefined;
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('keeps its data, port and password across restarts', async () => {
    const first = await start();
    await select(first.url, 'CREATE TABLE kept AS SELECT 7 AS n');
    await first.stop();
    const second = await start();
    expect(second.url).toBe(first.url);
    expect(await select(second.url, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
  });

  it('rejects connections without the password, which only its owner can read', async () => {
    const { url } = await start();
    const withoutPassword = new URL(url);
    withoutPassword.password = 'guess';
    await expect(select(withoutPassword.href, 'SELECT 1')).rejects.toThrow(/password authentication failed/);
    for (const file of ['password', 'application-password'])
      expect(statSync(join(dataDir, file)).mode & 0o777).toBe(0o600);
  });

  it('provides a role that owns its database and has no other privileges', async () => {
    const { url } = await start();
    expect(
      await select(
        url,
        'SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls FROM pg_roles WHERE rolname = current_user',
      ),
    ).toEqual([
      { rolsuper: false, rolcreatedb: false, rolcreaterole: false, rolreplication: false, rolbypassrls: false },
    ]);
    await select(url, 'CREATE SCHEMA bullmq; CREATE TABLE bullmq.job (command text)');
  });

  it('denies that role actions outside its database', async () => {
    const { url } = await start();
    await select(url, 'CREATE SCHEMA bullmq; CREATE TABLE bullmq.job (command text)');
    for (const statement of PRIVILEGED_STATEMENTS)
      await expect(select(url, statement), statement).rejects.toThrow(/permission denied|is not allowed/);
  });

  it('upgrades a directory of an older release, in which the superuser owns everything', async () => {
    const first = await start();
    // As in older releases: migrated by the superuser, without another role or password.
    await select(
      first.adminUrl,
      'DROP OWNED BY pressroom_app; ALTER DATABASE pressroom OWNER TO pressroom; DROP ROLE pressroom_app',
    );
    rmSync(join(dataDir, 'application-password'));
    await applyMigrations({ databaseUrl: first.adminUrl, log: silentLogger() });
    await select(
      first.adminUrl,
      `CREATE SCHEMA bullmq; CREATE TYPE bullmq.state AS ENUM ('waiting', 'done'); CREATE DOMAIN bullmq.key AS text;
       CREATE TYPE bullmq.pair AS (a int, b int); CREATE SEQUENCE bullmq.counter;
       CREATE TABLE bullmq.job (id bigint GENERATED ALWAYS AS IDENTITY, n serial, state bullmq.state, "odd ""name" int);
       CREATE VIEW bullmq.jobs AS SELECT id FROM bullmq.job; CREATE MATERIALIZED VIEW bullmq.counts AS SELECT count(*) FROM bullmq.job;
       CREATE TABLE bullmq."Odd ""table" (id int) PARTITION BY RANGE (id);
       CREATE TABLE bullmq.part PARTITION OF bullmq."Odd ""table" FOR VALUES FROM (0) TO (9);
       CREATE STATISTICS bullmq.facts ON id, n FROM bullmq.job;
       CREATE FUNCTION bullmq.add(a int, b int DEFAULT 1) RETURNS int LANGUAGE sql AS 'SELECT a + b';
       CREATE PROCEDURE bullmq.run(a text) LANGUAGE sql AS 'SELECT 1';
       CREATE AGGREGATE bullmq.total(int) (SFUNC = int4pl, STYPE = int);
       CREATE EXTENSION pg_trgm SCHEMA public;
       INSERT INTO bullmq.job (state) VALUES ('waiting')`,
    );
    await first.stop();

    const { url } = await start();
    expect(await select(url, OBJECTS_OF_OTHERS)).toEqual([]);
    expect(await select(url, 'SELECT state FROM bullmq.job')).toEqual([{ state: 'waiting' }]);
    // Migrations of later releases alter and replace existing objects, which requires ownership.
    await select(
      url,
      'ALTER TABLE task ADD COLUMN later int; DROP FUNCTION pressroom_now() CASCADE; DROP SCHEMA bullmq CASCADE',
    );
    await server?.stop();
    const again = await start();
    expect(again.url).toBe(url);
    expect(await select(again.url, OBJECTS_OF_OTHERS)).toEqual([]);
  });

  it('names the process that already uses the directory', async () => {
    const { owner } = await startElsewhere();
    try {
      await expect(start()).rejects.toThrow(`another Pressroom (pid ${owner.pid ?? 0})`);
    } finally {
      await kill(owner);
    }
  });

  it('restarts at once after its owner was killed', async () => {
    const { owner } = await startElsewhere();
    await kill(owner);
    const { url } = await start();
    expect(await select(url, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
  });

  it('exits when its owner is killed', async () => {
    const { owner, postgresPid } = await startElsewhere();
    await kill(owner);
    await expect.poll(() => identifyProcess(postgresPid), { timeout: 10_000 }).toBeUndefined();
  });

  it('recovers after the server itself was killed', async () => {
    const { url, adminUrl, pid, exited } = await start();
    await select(url, 'CREATE TABLE kept AS SELECT 7 AS n');
    await select(adminUrl, 'CHECKPOINT');
    process.kill(pid, 'SIGKILL');
    await exited;
    await server?.stop();
    const again = await start();
    expect(await select(again.url, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
    expect(readFileSync(join(dataDir, 'postgres.log'), 'utf8')).toContain('not properly shut down');
  });
});
