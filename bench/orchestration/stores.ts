import { startPrivatePostgres, startPrivateRedis } from '@pressroom/testkit';

/** Every commit is on disk before it is acknowledged, for Pressroom and for every peer. */
const POSTGRES_SETTINGS = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' };
const REDIS_ARGUMENTS = ['--appendonly', 'yes', '--appendfsync', 'everysec'];

export interface StoreNeeds {
  postgres: boolean;
  redis: boolean;
}

/** Servers of one contender, empty at first and removed afterwards. */
export interface Stores {
  databaseUrl: string | undefined;
  /** The same database as a superuser, who can read what its owner cannot. */
  adminUrl: string | undefined;
  redisUrl: string | undefined;
  redisPort: number | undefined;
  processes: { role: string; pid: number }[];
  stop(): Promise<void>;
}

/** @throws {Error} when Redis is needed and not installed */
export async function startStores(
  needs: StoreNeeds,
  furtherSettings: Readonly<Record<string, string>> = {},
): Promise<Stores> {
  const redis = needs.redis ? await startPrivateRedis({ args: REDIS_ARGUMENTS }) : undefined;
  if (needs.redis && !redis) throw new Error('redis-server is not installed');
  const settings = { ...POSTGRES_SETTINGS, ...furtherSettings };
  const postgres = needs.postgres ? await startPrivatePostgres({ settings }) : undefined;
  return {
    databaseUrl: postgres?.url,
    adminUrl: postgres?.adminUrl,
    redisUrl: redis?.url,
    redisPort: redis?.port,
    processes: [
      ...(postgres ? [{ role: 'postgres', pid: postgres.pid }] : []),
      ...(redis ? [{ role: 'redis', pid: redis.pid }] : []),
    ],
    async stop() {
      await redis?.stop();
      await postgres?.stop();
    },
  };
}
