import type { Logger } from '@pressroom/runtime';
import { Cluster, type ClusterNode, Redis } from 'ioredis';

import { throttleLog } from '../throttle-log.ts';

export type RedisClient = Redis | Cluster;

export interface RedisAddress {
  url?: string | undefined;
  /** `host:port`, or URLs with credentials; any of the cluster's nodes. */
  clusterNodes?: readonly string[] | undefined;
}

const CONNECT_TIMEOUT_MS = 5_000;
/** Longer than any blocking wait: a socket silent for so long while a reply is due is dead. */
const SOCKET_TIMEOUT_MS = 20_000;

/**
 * - `produce`: fails at once when there is no connection, since what is not added now is dispatched by the next sweep
 * - `consume`: commands wait for the connection to come back, as BullMQ's workers require
 */
export type ConnectionProfile = 'produce' | 'consume';

const PROFILES = {
  produce: { maxRetriesPerRequest: 0, enableOfflineQueue: false },
  consume: { maxRetriesPerRequest: null, enableOfflineQueue: true },
} as const;

const SOCKET = {
  // The protocol BullMQ was built on.
  protocol: 2,
  connectTimeout: CONNECT_TIMEOUT_MS,
  socketTimeout: SOCKET_TIMEOUT_MS,
  keepAlive: 10_000,
} as const;

const retryStrategy = (attempt: number): number => Math.min(2_000, 50 * 2 ** Math.min(attempt, 10));

/** A connection that never gives up reconnecting; its errors are logged, at most once in ten seconds. */
export function createRedisClient(address: RedisAddress, profile: ConnectionProfile, log: Logger): RedisClient {
  const client =
    address.clusterNodes === undefined
      ? new Redis(address.url ?? 'redis://127.0.0.1:6379', { ...SOCKET, ...PROFILES[profile], retryStrategy })
      : createCluster(address.clusterNodes, profile);
  const report = throttleLog((error: unknown) => {
    log.warn({ err: error, profile }, 'queue.redis_error');
  });
  client.on('error', report);
  // BullMQ listens once per queue on the shared connection.
  client.setMaxListeners(0);
  return client;
}

function createCluster(nodes: readonly string[], profile: ConnectionProfile): Cluster {
  const parsed = nodes.map(parseNode);
  const { username, password, tls } = parsed[0] ?? {};
  return new Cluster(
    parsed.map(({ host, port }): ClusterNode => ({ host, port })),
    {
      enableOfflineQueue: PROFILES[profile].enableOfflineQueue,
      clusterRetryStrategy: retryStrategy,
      redisOptions: {
        ...SOCKET,
        maxRetriesPerRequest: PROFILES[profile].maxRetriesPerRequest,
        ...(username !== undefined && { username }),
        ...(password !== undefined && { password }),
        ...(tls === true && { tls: {} }),
      },
    },
  );
}

/** Reads `host:port`, `redis://user:pass@host:port` or `rediss://…`. */
export function parseNode(node: string): {
  host: string;
  port: number;
  username?: string;
  password?: string;
  tls?: boolean;
} {
  const text = node.includes('://') ? node : `redis://${node}`;
  if (!URL.canParse(text)) throw new TypeError('a cluster node is not host:port');
  const url = new URL(text);
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 6_379 : Number(url.port),
    ...(url.username !== '' && { username: decodeURIComponent(url.username) }),
    ...(url.password !== '' && { password: decodeURIComponent(url.password) }),
    ...(url.protocol === 'rediss:' && { tls: true }),
  };
}
