/**
 * Measures the product on workload W: coordinator and worker as separate processes over REST.
 * Prints one JSON line: tasks/s and CPU per task for a burst, latency of a lone task, submissions/s without workers.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { applyMigrations } from '@pressroom/db';
import { silentLogger } from '@pressroom/runtime';
import { startPrivatePostgres, startPrivateRedis } from '@pressroom/testkit';
import { Agent, request } from 'undici';
import pg from 'pg';

const { BACKEND = 'redis', TASKS = '1000', LONE = '200', SUBMITS = '4000', WARM = '200' } = process.env;
const KEY = 'benchmark-admin-key-0123456789';
const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'pressroom-bench-'));

const TICK_MS = 10;
/** CPU milliseconds of a process, its reaped children and its live ones. */
function cpuMs(pid: number): number {
  let total = 0;
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const text = readFileSync(`/proc/${entry}/stat`, 'utf8');
      const fields = text
        .slice(text.lastIndexOf(')') + 2)
        .split(' ')
        .map(Number);
      const [user = 0, system = 0, reapedUser = 0, reapedSystem = 0] = fields.slice(11, 15);
      if (Number(entry) === pid || fields[1] === pid) total += (user + system + reapedUser + reapedSystem) * TICK_MS;
    } catch {
      // The process ended while we looked.
    }
  }
  return total;
}

const percentile = (values: number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? NaN;
};
const round = (value: number): number => Math.round(value * 100) / 100;

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

const postgres = await startPrivatePostgres({
  settings: {
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    ...(process.env['PROFILE'] && {
      shared_preload_libraries: 'pg_stat_statements',
      'pg_stat_statements.track': 'all',
    }),
  },
});
const redis =
  BACKEND === 'redis'
    ? await startPrivateRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'everysec'] })
    : undefined;
await applyMigrations({ databaseUrl: postgres.url, log: silentLogger() });
const pool = new pg.Pool({ connectionString: postgres.url, max: 3 });

const children: ChildProcess[] = [];
const start = (file: string, env: Record<string, string>): Promise<ChildProcess> =>
  new Promise((resolve, reject) => {
    const child = fork(here(file), [], {
      env: {
        PATH: process.env['PATH'],
        DATABASE_URL: postgres.url,
        ...(redis && { REDIS_URL: redis.url }),
        LOG_LEVEL: 'warn',
        ...env,
      },
    });
    children.push(child);
    child.once('message', () => resolve(child));
    child.once('exit', (code) => reject(new Error(`${file} ended with ${code}`)));
  });

try {
  const port = await freePort();
  const coordinator = await start('./coordinator.ts', { PORT: String(port), PRESSROOM_ADMIN_KEY: KEY });
  const worker = await start('./worker.ts', {});
  const agent = new Agent({ connections: 64, pipelining: 1 });
  const body = JSON.stringify({ type: 'article', input: { topic: 'a topic', sections: 3 } });
  const submit = async (): Promise<string> => {
    const response = await request(`http://127.0.0.1:${port}/v1/tasks`, {
      method: 'POST',
      dispatcher: agent,
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      body,
    });
    const answer = (await response.body.json()) as { id: string };
    if (response.statusCode !== 202) throw new Error(JSON.stringify(answer));
    return answer.id;
  };
  const inParallel = async (count: number, width: number, work: () => Promise<unknown>): Promise<void> => {
    let next = 0;
    await Promise.all(
      Array.from({ length: width }, async () => {
        while (next++ < count) await work();
      }),
    );
  };
  const openTasks = async (): Promise<number> =>
    Number(
      (await pool.query({ name: 'open', text: 'SELECT count(*) FROM task WHERE finished_at IS NULL' })).rows[0].count,
    );
  const allDone = async (): Promise<void> => {
    while ((await openTasks()) > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  const burst = async (count: number): Promise<number> => {
    const from = performance.now();
    await inParallel(count, 64, submit);
    await allDone();
    return performance.now() - from;
  };

  const stores = [postgres.pid, ...(redis ? [redis.pid] : [])];
  const ours = [coordinator.pid ?? 0, worker.pid ?? 0, ...stores];
  const cpu = (): number[] => ours.map(cpuMs);
  const commits = async (): Promise<number> =>
    Number(
      (await pool.query(`SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()`)).rows[0]
        .xact_commit,
    );

  await burst(Number(WARM));
  const tasks = Number(TASKS);
  if (process.env['PROFILE'])
    await pool.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements; SELECT pg_stat_statements_reset()');
  const before = cpu();
  const commitsBefore = await commits();
  const burstMs = await burst(tasks);
  const after = cpu();
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  const commitsAfter = await commits();
  if (process.env['PROFILE']) {
    const { rows } = await pool.query(
      `SELECT calls::int, round(total_exec_time::numeric, 1) AS ms, round(mean_exec_time::numeric, 3) AS mean, rows::int, toplevel, left(regexp_replace(query, '\\s+', ' ', 'g'), 110) AS q FROM pg_stat_statements ORDER BY total_exec_time DESC LIMIT 24`,
    );
    for (const row of rows) console.error(row.calls, row.ms, row.mean, row.rows, row.toplevel ? 'T' : ' ', row.q);
  }
  const perTask = after.map((value, index) => round((value - (before[index] ?? 0)) / tasks));

  const lone: number[] = [];
  for (let n = 0; n < Number(LONE); n += 1) {
    const from = performance.now();
    const id = await submit();
    for (;;) {
      const { rows } = await pool.query({
        name: 'one',
        text: 'SELECT finished_at IS NOT NULL AS done FROM task WHERE id = $1',
        values: [id],
      });
      if (rows[0].done) break;
      await new Promise((resolve) => setTimeout(resolve, 0.5));
    }
    lone.push(performance.now() - from);
  }
  const bad = Number((await pool.query(`SELECT count(*) FROM task WHERE status <> 'completed'`)).rows[0].count);

  worker.kill('SIGKILL');
  await new Promise((resolve) => setTimeout(resolve, 300));
  const submits = Number(SUBMITS);
  const submitFrom = performance.now();
  await inParallel(submits, 64, submit);
  const submitMs = performance.now() - submitFrom;

  console.log(
    JSON.stringify({
      peer: `pressroom-${BACKEND}`,
      tasksPerSecond: round((tasks / burstMs) * 1_000),
      cpuMsPerTask: round(perTask.reduce((sum, value) => sum + value, 0)),
      cpuMsByProcess: { coordinator: perTask[0], worker: perTask[1], postgres: perTask[2], redis: perTask[3] ?? 0 },
      commitsPerTask: round((commitsAfter - commitsBefore) / tasks),
      lonep50Ms: round(percentile(lone, 0.5)),
      lonep99Ms: round(percentile(lone, 0.99)),
      submitsPerSecond: round((submits / submitMs) * 1_000),
      notCompleted: bad,
    }),
  );
  await agent.close();
} finally {
  for (const child of children) child.kill('SIGKILL');
  await pool.end();
  await redis?.stop();
  await postgres.stop();
  rmSync(dir, { recursive: true, force: true });
}
process.exit(0);
