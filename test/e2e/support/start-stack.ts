import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { createClient, type PressroomClient } from '@pressroom/client';
import { findFreePort } from '@pressroom/runtime';
import { startSimulator, type Simulator, type SimulatorOptions } from '@pressroom/simulator';
import { createTestDatabase, startPrivateRedis } from '@pressroom/testkit';
import pg from 'pg';

export type Backend = 'postgres' | 'redis';

export interface RunningProcess {
  readonly pid: number;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  kill(signal: NodeJS.Signals): void;
  /** Its stdout and stderr. */
  output(): string;
}

export interface Stack {
  url: string;
  adminKey: string;
  client: PressroomClient;
  /** The provider: a simulator that records all requests. */
  provider: Simulator;
  sql: pg.Pool;
  coordinators: RunningProcess[];
  workers: RunningProcess[];
  /** Starts one on `port`, by default the stack's own for the first and a free one for others. */
  startCoordinator(port?: number): Promise<RunningProcess>;
  readonly port: number;
  startWorker(env?: Readonly<Record<string, string>>): Promise<RunningProcess>;
  stop(): Promise<void>;
}

const ADMIN_KEY = 'end-to-end-admin-key-000001';
const READY_TIMEOUT_MS = 30_000;
const program = (app: string): string => fileURLToPath(new URL(`../../../apps/${app}/src/main.ts`, import.meta.url));

/**
 * A complete Pressroom in separate processes with its own database: coordinators, workers, and a provider that speaks
 * both wire protocols and is not configured as a simulator, so that all ledger figures come from its replies.
 */
export async function startStack(options: {
  backend: Backend;
  coordinators?: number;
  workers?: number;
  provider?: SimulatorOptions;
  env?: Readonly<Record<string, string>>;
  /** Stores that the caller provides and stops; by default a new database and a private Redis. */
  stores?: { databaseUrl: string; redisUrl?: string };
  /** Programs that replace the `main.ts` of each app. */
  workerProgram?: string;
  coordinatorProgram?: string;
}): Promise<Stack> {
  const own = options.stores ? undefined : await openStores(options.backend);
  const { databaseUrl, redisUrl } = options.stores ?? own ?? { databaseUrl: '' };
  const provider = await startSimulator({ latencyScale: 0.02, ...options.provider });
  const port = await findFreePort();
  // A restarted server closes idle connections; the pool opens new ones.
  const sql = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  sql.on('error', () => undefined);
  const running: RunningProcess[] = [];
  const env = {
    PATH: process.env['PATH'],
    LOG_LEVEL: 'debug',
    DATABASE_URL: databaseUrl,
    ...(redisUrl !== undefined && { REDIS_URL: redisUrl }),
    OPENAI_BASE_URL: `${provider.url}/v1`,
    OPENAI_API_KEY: 'canary-openai-key-7f3a',
    ANTHROPIC_BASE_URL: provider.url,
    ANTHROPIC_API_KEY: 'canary-anthropic-key-9b1c',
    ...options.env,
  };
  const start = async (file: string, extra: Readonly<Record<string, string>> = {}): Promise<RunningProcess> => {
    const started = await startProcess(file, { ...env, ...extra });
    running.push(started);
    return started;
  };
  const stack: Stack = {
    url: `http://127.0.0.1:${port}`,
    adminKey: ADMIN_KEY,
    client: createClient({ baseUrl: `http://127.0.0.1:${port}`, apiKey: ADMIN_KEY }),
    provider,
    sql,
    coordinators: [],
    workers: [],
    port,
    async startCoordinator(wanted) {
      const ownPort = wanted ?? (stack.coordinators.length === 0 ? port : await findFreePort());
      const file = options.coordinatorProgram ?? program('coordinator');
      const started = await start(file, { PORT: String(ownPort), PRESSROOM_ADMIN_KEY: ADMIN_KEY });
      stack.coordinators.push(started);
      return started;
    },
    async startWorker(extra) {
      const started = await start(options.workerProgram ?? program('worker'), extra);
      stack.workers.push(started);
      return started;
    },
    async stop() {
      for (const process of running) process.kill('SIGKILL');
      await Promise.all(running.map((process) => process.exited));
      await sql.end();
      await provider.close();
      await own?.stop();
    },
  };
  try {
    for (let n = 0; n < (options.coordinators ?? 1); n += 1) await stack.startCoordinator();
    await Promise.all(Array.from({ length: options.workers ?? 1 }, () => stack.startWorker()));
    return stack;
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

async function openStores(
  backend: Backend,
): Promise<{ databaseUrl: string; redisUrl?: string; stop(): Promise<void> }> {
  const database = await createTestDatabase();
  const redis = backend === 'redis' ? await startPrivateRedis() : undefined;
  if (backend === 'redis' && !redis) throw new Error('no redis-server on this machine');
  return {
    databaseUrl: database.url,
    ...(redis && { redisUrl: redis.url }),
    async stop() {
      await redis?.stop();
      await database.drop();
    },
  };
}

async function startProcess(file: string, env: Readonly<Record<string, string | undefined>>): Promise<RunningProcess> {
  const child: ChildProcess = fork(file, [], { env: { ...env }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  }
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('exit', (code, signal) => {
      resolve({ code, signal });
    });
  });
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`${file} was not ready in time:\n${output.slice(-2_000)}`));
    }, READY_TIMEOUT_MS);
    child.once('message', () => {
      clearTimeout(timer);
      resolve();
    });
    void exited.then(({ code }) => {
      clearTimeout(timer);
      reject(new Error(`${file} ended with ${String(code)}:\n${output.slice(-2_000)}`));
    });
  });
  return { pid: child.pid ?? 0, exited, kill: (signal) => void child.kill(signal), output: () => output };
}
