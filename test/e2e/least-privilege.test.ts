import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { createClient } from '@pressroom/client';
import { applyMigrations, startEmbeddedPostgres } from '@pressroom/db';
import { findFreePort, silentLogger } from '@pressroom/runtime';
import { until } from '@pressroom/testkit';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { sampleSources } from './support/sources.ts';

const ADMIN_KEY = 'end-to-end-admin-key-000001';
const SUPERVISOR = fileURLToPath(new URL('../../apps/supervisor/src/main.ts', import.meta.url));

describe('npm start with the embedded stores', () => {
  let home: string;
  let supervisor: ChildProcess | undefined;
  let exited: Promise<number | null>;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'pressroom-privilege-'));
  });
  afterEach(async () => {
    supervisor?.kill('SIGTERM');
    await exited;
    rmSync(home, { recursive: true, force: true });
  });

  /** State of an older release: schema and data of the superuser, and no other role. */
  const makeOldDirectory = async (): Promise<void> => {
    const server = await startEmbeddedPostgres({ dataDir: join(home, 'postgres'), log: silentLogger() });
    await query(
      server.adminUrl,
      'ALTER DATABASE pressroom OWNER TO pressroom; DROP OWNED BY pressroom_app; DROP ROLE pressroom_app',
    );
    rmSync(join(home, 'postgres/application-password'));
    await applyMigrations({ databaseUrl: server.adminUrl, log: silentLogger() });
    await server.stop();
  };

  const start = async (): Promise<string> => {
    const port = await findFreePort();
    const child = fork(SUPERVISOR, ['--json', '--workers', '1'], {
      env: {
        PATH: process.env['PATH'],
        PRESSROOM_HOME: home,
        PRESSROOM_ADMIN_KEY: ADMIN_KEY,
        PORT: String(port),
        SIMULATOR_LATENCY_SCALE: '0',
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    supervisor = child;
    exited = new Promise((resolve) => child.once('exit', resolve));
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
    await until(() => output.includes('"url"'), { timeoutMs: 90_000, describe: 'the start of the system' }).catch(
      () => {
        throw new Error(output);
      },
    );
    return `http://127.0.0.1:${port}`;
  };

  it('works on a directory of an older release, and no process connects as a superuser', async () => {
    await makeOldDirectory();
    const client = createClient({ baseUrl: await start(), apiKey: ADMIN_KEY });
    const { id } = await client.tasks.create({
      type: 'article',
      input: { topic: 'Lighthouses', sources: sampleSources().slice(0, 1), sections: 2, targetWords: 200 },
    });
    await until(async () => (await client.tasks.get(id)).finishedAt !== null, {
      timeoutMs: 90_000,
      describe: 'the end of the task',
    });
    expect(['completed', 'partial']).toContain((await client.tasks.get(id)).status);

    const read = (file: string) => readFileSync(join(home, file), 'utf8').trim();
    const url = `postgresql://pressroom:${read('postgres/password')}@127.0.0.1:${read('postgres/port')}/pressroom`;
    const sessions = await query(
      url,
      `SELECT DISTINCT usename, rolsuper FROM pg_stat_activity JOIN pg_roles ON rolname = usename
       WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`,
    );
    expect(sessions).toEqual([{ usename: 'pressroom_app', rolsuper: false }]);
    expect(statSync(join(home, 'simulator-control-token')).mode & 0o777).toBe(0o600);
  }, 240_000);
});

async function query(connectionString: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  return (await client.query<Record<string, unknown>>(sql).finally(() => client.end())).rows;
}
