import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

import { findFreePort } from '@pressroom/runtime';
import pg from 'pg';

import type { Burst } from '../load/measure-load.ts';
import type { LoadCommand } from '../load/load-generator.ts';
import { startChild, type Child } from '../machine/child.ts';
import { readProcesses, sumTree } from '../machine/cpu-of-tree.ts';
import type { Contender } from './contender.ts';
import { startStores, type Stores } from './stores.ts';

const LOAD_GENERATOR = join(import.meta.dirname, '..', 'load', 'load-generator.ts');
/** First of the ports assigned to peers, in order. */
const PORTS = 4;

/** A running contender with empty stores, and its load generator. */
export interface RunningContender {
  burst(amount: Omit<LoadCommand, 'kind'>): Promise<Burst>;
  lone(amount: Omit<LoadCommand, 'kind'>): Promise<number[]>;
  /** Time to accept tasks that do not run, in milliseconds. */
  accept(amount: Omit<LoadCommand, 'kind'>): Promise<number>;
  /** CPU milliseconds so far by role; the load generator's are under `load generator` unless they count. */
  cpuMs(): Record<string, number>;
  /** Direct access to the database; absent without one. */
  sql: pg.Pool | undefined;
  stores: Stores;
  /** Environment of the processes, to start further ones. */
  env: Readonly<Record<string, string>>;
  stopRole(role: string): Promise<void>;
  stop(): Promise<void>;
}

export const LOAD_ROLE = 'load generator';

/** Contenders that are starting or running, to be stopped on an interrupt. */
const running = new Set<Promise<{ stop(): Promise<void> }>>();
let isEnding = false;

export async function stopAllContenders(): Promise<void> {
  isEnding = true;
  await Promise.allSettled(Array.from(running, async (contender) => (await contender).stop()));
}

export interface StartOptions {
  /** Roles that are not started. */
  without?: readonly string[];
  /** Additional settings of PostgreSQL. */
  postgres?: Readonly<Record<string, string>>;
}

/** Starts stores, processes and load generator. Stops everything again if one fails. */
export async function startContender(contender: Contender, options: StartOptions = {}): Promise<RunningContender> {
  // An interrupted start must not be retried while the process ends.
  if (isEnding) return new Promise(() => undefined);
  const starting = start(contender, options);
  running.add(starting);
  try {
    const system = await starting;
    return {
      ...system,
      stop: async () => {
        await system.stop();
        running.delete(starting);
      },
    };
  } catch (error) {
    running.delete(starting);
    throw error;
  }
}

async function start(contender: Contender, options: StartOptions): Promise<RunningContender> {
  const started: { stop(): Promise<unknown> }[] = [];
  const children = new Map<string, Child>();
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= stopInReverse(started));
  try {
    const stores = await startStores(contender.stores, options.postgres);
    started.push(stores);
    if (stores.databaseUrl !== undefined) await contender.migrate?.(stores.databaseUrl);
    const sql = stores.adminUrl === undefined ? undefined : new pg.Pool({ connectionString: stores.adminUrl, max: 2 });
    sql?.on('error', () => undefined);
    if (sql) started.push({ stop: () => sql.end() });
    const env = await makeEnvironment(stores);
    for (const { role, program } of contender.processes) {
      if (options.without?.includes(role) === true) continue;
      const child = await startChild({ program, env: { ...env, ...contender.env } });
      started.push(child);
      children.set(role, child);
    }
    const client = await startChild({ program: LOAD_GENERATOR, args: [contender.client], env });
    started.push(client);
    const pids = [
      ...stores.processes,
      ...Array.from(children, ([role, child]) => ({ role, pid: child.pid })),
      { role: contender.clientCounts ? 'application' : LOAD_ROLE, pid: client.pid },
    ];
    const ask = async <T>(command: LoadCommand): Promise<T> => (await client.request(command)) as T;
    return {
      burst: (amount) => ask({ kind: 'burst', ...amount }),
      lone: (amount) => ask({ kind: 'lone', ...amount }),
      accept: (amount) => ask({ kind: 'accept', ...amount }),
      cpuMs() {
        const processes = readProcesses();
        return Object.fromEntries(pids.map(({ role, pid }) => [role, sumTree(pid, processes)]));
      },
      sql,
      stores,
      env,
      stopRole: async (role) => {
        await children.get(role)?.stop();
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function stopInReverse(parts: readonly { stop(): Promise<unknown> }[]): Promise<void> {
  for (const part of parts.toReversed()) await part.stop();
}

async function makeEnvironment(stores: Stores): Promise<Record<string, string>> {
  const ports = await Promise.all(Array.from({ length: PORTS + 1 }, () => findFreePort()));
  const [coordinatorPort = 0, ...others] = ports;
  const key = randomBytes(24).toString('hex');
  return {
    ...(stores.databaseUrl !== undefined && { DATABASE_URL: stores.databaseUrl }),
    ...(stores.redisUrl !== undefined && { REDIS_URL: stores.redisUrl }),
    PORT: String(coordinatorPort),
    PORTS: others.join(','),
    PRESSROOM_ADMIN_KEY: key,
    COORDINATOR_KEY: key,
    COORDINATOR_URL: `http://127.0.0.1:${coordinatorPort}`,
    LOG_LEVEL: 'error',
  };
}
