import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

import { findFreePort, silentLogger } from '@pressroom/runtime';
import { openScene, openTestDatabase, until, type OpenTestDatabase } from '@pressroom/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { connectDatabase, verifyPooling } from '../src/index.ts';

const PROGRAM = process.env['PGBOUNCER'] ?? 'pgbouncer';
const isInstalled = spawnSync(PROGRAM, ['--version']).error === undefined;
if (!isInstalled) {
  if (process.env['CI'] === 'true') throw new Error('no pgbouncer on this machine: apt-get install pgbouncer');
  process.stderr.write(
    'NOTICE: no pgbouncer found, its tests are skipped (apt-get install pgbouncer, or set PGBOUNCER)\n',
  );
}

describe('without a pooler', () => {
  it('pooling is accepted', async () => {
    const db = await openTestDatabase();
    await expect(verifyPooling(db.url)).resolves.toBeUndefined();
    await db.close();
  });

  it('an unreachable server is reported as unavailable', async () => {
    const port = await findFreePort();
    await expect(verifyPooling(`postgresql://postgres@127.0.0.1:${port}/postgres`)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
  });
});

describe.runIf(isInstalled)('behind PgBouncer', () => {
  let db: OpenTestDatabase;
  const directories: string[] = [];
  const running: ChildProcess[] = [];

  beforeAll(async () => {
    db = await openTestDatabase();
  });
  afterAll(async () => {
    for (const child of running) {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }
    for (const directory of directories) rmSync(directory, { recursive: true, force: true });
    await db.close();
  });

  /** Starts a PgBouncer with the given settings; returns the URL of the test's database through it. */
  const start = async (settings: Record<string, string>): Promise<string> => {
    const directory = mkdtempSync(join(tmpdir(), 'pressroom-pgbouncer-'));
    directories.push(directory);
    const port = await findFreePort();
    const server = new URL(db.url);
    const users = join(directory, 'users.txt');
    writeFileSync(users, `"${decodeURIComponent(server.username)}" "${decodeURIComponent(server.password)}"\n`);
    const lines = Object.entries({
      listen_addr: '127.0.0.1',
      listen_port: String(port),
      unix_socket_dir: '',
      auth_type: 'trust',
      auth_file: users,
      ...settings,
    }).map(([name, value]) => `${name} = ${value}`);
    const file = join(directory, 'pgbouncer.ini');
    writeFileSync(
      file,
      `[databases]\n* = host=${server.hostname} port=${server.port}\n[pgbouncer]\n${lines.join('\n')}\n`,
    );
    // It refuses to run as root.
    const isRoot = userInfo().uid === 0;
    if (isRoot) spawnSync('chmod', ['-R', 'a+rX', directory]);
    const child = spawn(PROGRAM, [...(isRoot ? ['-u', 'nobody'] : []), file], { stdio: 'ignore' });
    running.push(child);
    const url = new URL(db.url);
    url.hostname = '127.0.0.1';
    url.port = String(port);
    await until(
      async () => {
        const client = new pg.Client({ connectionString: url.href });
        client.on('error', () => undefined);
        await client.connect();
        await client.end();
        return true;
      },
      { timeoutMs: 10_000, describe: 'PgBouncer' },
    );
    return url.href;
  };

  it.each([
    { title: 'transaction mode', settings: { pool_mode: 'transaction' } },
    {
      title: 'transaction mode with one server connection',
      settings: { pool_mode: 'transaction', default_pool_size: '1' },
    },
    {
      title: 'transaction mode that takes connections in turn',
      settings: { pool_mode: 'transaction', server_round_robin: '1' },
    },
  ])('$title is rejected with the supported setting', async ({ settings }) => {
    const url = await start(settings);
    await expect(verifyPooling(url)).rejects.toMatchObject({
      code: 'STORE_UNSUITABLE',
      message: expect.stringContaining('pool_mode = session') as string,
    });
  });

  it('session mode works with all settings of our connections', async () => {
    const url = await start({ pool_mode: 'session' });
    await verifyPooling(url);
    const database = connectDatabase({ url, applicationName: 'test', maxConnections: 4, log: silentLogger() });
    const scene = await openScene({ database, sql: db.sql });
    const { task, sessionId, attempt } = await scene.running();
    expect(attempt.taskId).toBe(task.id);
    expect(sessionId).toBeDefined();
    const [settings] = await database.run<{ plans: string; timeout: string }>(
      {
        name: 'test.settings',
        text: `SELECT current_setting('plan_cache_mode') AS plans, current_setting('statement_timeout') AS timeout`,
      },
      [],
    );
    expect(settings).toEqual({ plans: 'force_generic_plan', timeout: '15s' });
    expect(await database.prisma.task.count({ where: { id: task.id } })).toBe(1);
    await database.close();
  });
});
