import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { applyMigrations, startEmbeddedPostgres, type EmbeddedPostgres } from '@pressroom/db';
import { silentLogger } from '@pressroom/runtime';
import { startPrivateRedis, startTcpProxy, type PrivateRedis, until } from '@pressroom/testkit';

import type { Backend } from '../../e2e/support/start-stack.ts';

/** Stores of one chaos run that can be stopped and restarted at the same address. */
export interface ChaosStores {
  databaseUrl: string;
  redisUrl?: string;
  /** Immediate shutdown without a checkpoint, then crash recovery. */
  restartPostgres(): Promise<void>;
  /** SIGKILL and a new, empty server. */
  restartRedis(): Promise<void>;
  /** Flushes the running queue store. */
  flushRedis(): Promise<void>;
  /** A replica becomes the primary behind the same address; the old primary continues as its replica, with its connections. */
  demoteRedis(): Promise<void>;
  stop(): Promise<void>;
}

/** Durable PostgreSQL, as in production: what was committed must survive an immediate shutdown. */
const DURABLE = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on', max_connections: '200' };

export async function startChaosStores(backend: Backend): Promise<ChaosStores> {
  const dataDir = mkdtempSync(join(tmpdir(), 'pressroom-chaos-'));
  const start = (port?: number): Promise<EmbeddedPostgres> =>
    startEmbeddedPostgres({ dataDir, ...(port !== undefined && { port }), log: silentLogger(), settings: DURABLE });
  let postgres = await start();
  await applyMigrations({ databaseUrl: postgres.url, log: silentLogger() });
  const redis = backend === 'redis' ? await startChaosRedis() : undefined;
  return {
    databaseUrl: postgres.url,
    ...(redis && { redisUrl: redis.url }),
    async restartPostgres() {
      process.kill(postgres.pid, 'SIGQUIT');
      await postgres.exited;
      await postgres.stop();
      postgres = await start(postgres.port);
    },
    restartRedis: () => redis?.restart() ?? Promise.resolve(),
    flushRedis: () => redis?.flush() ?? Promise.resolve(),
    demoteRedis: () => redis?.demote() ?? Promise.resolve(),
    async stop() {
      await redis?.stop();
      await postgres.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** One Redis at an address that stays, whichever server is behind it. */
async function startChaosRedis() {
  const start = async (port?: number): Promise<PrivateRedis> => {
    const server = await startPrivateRedis({
      args: ['--repl-diskless-sync-delay', '0'],
      ...(port !== undefined && { port }),
    });
    if (server === undefined) throw new Error('redis-server is not installed');
    return server;
  };
  let primary = await start();
  let demoted: PrivateRedis | undefined;
  const address = await startTcpProxy({ target: primary.port });
  const follow = (server: PrivateRedis, leader: PrivateRedis) =>
    server.command('REPLICAOF', '127.0.0.1', String(leader.port));
  return {
    url: `redis://127.0.0.1:${address.port}`,
    async restart() {
      await primary.stop();
      primary = await start(primary.port);
    },
    async flush() {
      const reply = await primary.command('FLUSHALL');
      if (!reply.startsWith('+OK')) throw new Error(`FLUSHALL answered ${reply}`);
    },
    async demote() {
      await demoted?.stop();
      const promoted = await start();
      demoted = primary;
      await follow(promoted, primary);
      await until(async () => (await promoted.command('INFO', 'replication')).includes('master_link_status:up'));
      await promoted.command('REPLICAOF', 'NO', 'ONE');
      address.redirect(promoted.port);
      primary = promoted;
      await follow(demoted, promoted);
    },
    async stop() {
      await address.stop();
      await demoted?.stop();
      await primary.stop();
    },
  };
}
