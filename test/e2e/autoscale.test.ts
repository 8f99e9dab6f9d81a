import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { createClient, type PressroomClient } from '@pressroom/client';
import { findFreePort } from '@pressroom/runtime';
import { NO_DEFECTS, startSimulator, type Simulator } from '@pressroom/simulator';
import { createTestDatabase, until, type TestDatabase } from '@pressroom/testkit';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { sampleSources } from './support/sources.ts';

const ADMIN_KEY = 'end-to-end-admin-key-000001';
const SUPERVISOR = fileURLToPath(new URL('../../apps/supervisor/src/main.ts', import.meta.url));
const aTask = (n: number) => ({
  type: 'article',
  input: { topic: `Lighthouse number ${n}`, sources: sampleSources().slice(0, 1), sections: 2, targetWords: 200 },
});

describe('npm start -- --autoscale', () => {
  let directory: string;
  let database: TestDatabase;
  let provider: Simulator;
  let sql: pg.Pool;
  let supervisor: ChildProcess | undefined;
  let output = '';

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'pressroom-autoscale-'));
    database = await createTestDatabase();
    sql = new pg.Pool({ connectionString: database.url, max: 2 });
    provider = await startSimulator({ latencyScale: 0.3, defects: NO_DEFECTS });
  });
  afterEach(async () => {
    supervisor?.kill('SIGKILL');
    await provider.close();
    await sql.end();
    await database.drop();
    rmSync(directory, { recursive: true, force: true });
  });

  /** Starts it with this configuration and waits until it is ready. */
  const start = async (
    config: string,
    workers: number,
  ): Promise<{ client: PressroomClient; exited: Promise<number | null> }> => {
    const port = await findFreePort();
    const configFile = join(directory, 'pressroom.yaml');
    writeFileSync(configFile, config);
    const child = fork(SUPERVISOR, ['--autoscale', '--json', '--workers', String(workers)], {
      env: {
        PATH: process.env['PATH'],
        DATABASE_URL: database.url,
        PRESSROOM_HOME: join(directory, 'home'),
        PRESSROOM_ADMIN_KEY: ADMIN_KEY,
        PRESSROOM_CONFIG: configFile,
        PRESSROOM_CONCURRENCY: '2',
        PORT: String(port),
        OPENAI_BASE_URL: `${provider.url}/v1`,
        OPENAI_API_KEY: 'key',
        ANTHROPIC_BASE_URL: provider.url,
        ANTHROPIC_API_KEY: 'key',
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    supervisor = child;
    output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
    }
    const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
    await until(() => output.includes('"url"'), { timeoutMs: 60_000, describe: 'the start of the system' }).catch(
      () => {
        throw new Error(output);
      },
    );
    return { client: createClient({ baseUrl: `http://127.0.0.1:${port}`, apiKey: ADMIN_KEY }), exited };
  };
  const workersNow = async (client: PressroomClient) => (await client.fleet()).workers;
  const ended = async (client: PressroomClient, ids: readonly string[]): Promise<void> => {
    for (const id of ids) {
      const task = await until(
        async () => {
          const view = await client.tasks.get(id);
          return view.finishedAt === null ? undefined : view;
        },
        { timeoutMs: 90_000, describe: `the end of task ${id}` },
      );
      expect(task.status).toBe('completed');
    }
  };

  it('starts a worker for the first task, more for a burst, stops idle ones, and loses nothing', async () => {
    const { client, exited } = await start('scaling: { scaleInAfterMs: 4000 }\n', 3);
    expect(JSON.parse(output.slice(output.indexOf('{')).split('\n')[0] ?? '')).toMatchObject({
      workers: 0,
      maxWorkers: 3,
    });
    expect(await workersNow(client)).toEqual([]);
    expect(await client.desiredReplicas('all')).toBe(0);

    const first = await client.tasks.create(aTask(0));
    await until(async () => (await workersNow(client)).length === 1, {
      timeoutMs: 20_000,
      describe: 'the first worker',
    });
    await ended(client, [first.id]);

    const burst = await Promise.all(Array.from({ length: 12 }, (_, n) => client.tasks.create(aTask(n + 1))));
    await until(async () => (await workersNow(client)).length === 3, { timeoutMs: 30_000, describe: 'three workers' });
    await ended(
      client,
      burst.map(({ id }) => id),
    );
    await until(async () => (await workersNow(client)).length === 0, { timeoutMs: 40_000, describe: 'no worker' });

    const last = await client.tasks.create(aTask(99));
    await ended(client, [last.id]);
    const { rows } = await sql.query(`SELECT outcome, count(*)::int AS n FROM attempt GROUP BY 1 ORDER BY 1`);
    expect(
      rows.map(({ outcome }: { outcome: string }) => outcome).filter((outcome) => outcome !== 'handed_back'),
    ).toEqual(['completed']);
    supervisor?.kill('SIGTERM');
    expect(await exited).toBe(0);
  }, 240_000);

  it('starts workers of the configured pools, each for its queues', async () => {
    const { client, exited } = await start(
      `pools:
  drafts: { queues: draft.*, max: 2 }
  rest: { queues: 'research.*,outline.*,refine.*,write.*', max: 1 }
`,
      4,
    );
    const task = await client.tasks.create(aTask(1));
    const seen = new Set<string>();
    await until(
      async () => {
        for (const { pools } of await workersNow(client)) seen.add(pools.join(' '));
        return (await client.tasks.get(task.id)).finishedAt !== null;
      },
      { timeoutMs: 90_000 },
    );
    expect(seen).toContain('draft.interactive draft.batch');
    expect([...seen].filter((pools) => pools.includes('research'))).toHaveLength(1);
    expect(seen.size).toBe(2);
    await ended(client, [task.id]);
    supervisor?.kill('SIGTERM');
    expect(await exited).toBe(0);
  });
});
