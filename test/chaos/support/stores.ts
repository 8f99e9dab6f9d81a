import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { applyMigrations, startEmbeddedPostgres, type EmbeddedPostgres } from '@pressroom/db';
import { silentLogger } from '@pressroom/runtime';
import { startPrivateRedis, type PrivateRedis } from '@pressroom/testkit';

import type { Backend } from '../../e2e/support/start-stack.ts';

/** Stores of one chaos run that can be struck down and come back at the same address. */
export interface ChaosStores {
  databaseUrl: string;
  redisUrl?: string;
  /** Immediate shutdown (no checkpoint, no goodbye), then crash recovery. */
  restartPostgres(): Promise<void>;
  /** SIGKILL and a new, empty server. */
  restartRedis(): Promise<void>;
  /** Everything in the queue store is gone while it serves. */
  flushRedis(): Promise<void>;
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
  let redis: PrivateRedis | undefined = backend === 'redis' ? await startPrivateRedis() : undefined;
  return {
    databaseUrl: postgres.url,
    ...(redis && { redisUrl: redis.url }),
    async restartPostgres() {
      process.kill(postgres.pid, 'SIGQUIT');
      await postgres.exited;
      await postgres.stop();
      postgres = await start(postgres.port);
    },
    async restartRedis() {
      if (!redis) return;
      await redis.stop();
      redis = await startPrivateRedis({ port: redis.port });
    },
    async flushRedis() {
      if (!redis) return;
      const socket = createConnection(redis.port, '127.0.0.1');
      socket.write('FLUSHALL\r\n');
      const [reply] = (await once(socket, 'data')) as [Buffer];
      socket.destroy();
      if (!reply.toString().startsWith('+OK')) throw new Error(`FLUSHALL answered ${reply.toString()}`);
    },
    async stop() {
      await redis?.stop();
      await postgres.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
