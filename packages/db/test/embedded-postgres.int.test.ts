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

const OWNER = `
import { startEmbeddedPostgres, THROWAWAY_SETTINGS } from ${JSON.stringify(new URL('../src/index.ts', import.meta.url).href)};
import { silentLogger } from ${JSON.stringify(pathToFileURL(createRequire(import.meta.url).resolve('@pressroom/runtime')).href)};
const { pid } = await startEmbeddedPostgres({ dataDir: process.argv[1], log: silentLogger(), settings: THROWAWAY_SETTINGS });
process.stdout.write(String(pid));
`;

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
  /** Another process that owns the same directory; resolves when its server is up. */
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

  it('keeps its data, port and password from one start to the next', async () => {
    const first = await start();
    await select(first.url, 'CREATE TABLE kept AS SELECT 7 AS n');
    await first.stop();
    const second = await start();
    expect(second.url).toBe(first.url);
    expect(await select(second.url, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
  });

  it('lets nobody in without the password, which only its owner can read', async () => {
    const { url } = await start();
    const withoutPassword = new URL(url);
    withoutPassword.password = 'guess';
    await expect(select(withoutPassword.href, 'SELECT 1')).rejects.toThrow(/password authentication failed/);
    expect(statSync(join(dataDir, 'password')).mode & 0o777).toBe(0o600);
  });

  it('names the process that already uses the directory', async () => {
    const { owner } = await startElsewhere();
    try {
      await expect(start()).rejects.toThrow(`another Pressroom (pid ${owner.pid ?? 0})`);
    } finally {
      await kill(owner);
    }
  });

  it('starts again at once after its owner was killed', async () => {
    const { owner } = await startElsewhere();
    await kill(owner);
    const { url } = await start();
    expect(await select(url, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
  });

  it('ends by itself when its owner is killed', async () => {
    const { owner, postgresPid } = await startElsewhere();
    await kill(owner);
    await expect.poll(() => identifyProcess(postgresPid), { timeout: 10_000 }).toBeUndefined();
  });

  it('recovers after the server itself was killed', async () => {
    const { url, pid, exited } = await start();
    await select(url, 'CREATE TABLE kept AS SELECT 7 AS n');
    await select(url, 'CHECKPOINT');
    process.kill(pid, 'SIGKILL');
    await exited;
    await server?.stop();
    const again = await start();
    expect(await select(again.url, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
    expect(readFileSync(join(dataDir, 'postgres.log'), 'utf8')).toContain('not properly shut down');
  });
});
