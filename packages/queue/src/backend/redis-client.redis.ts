import type { Logger } from '@pressroom/runtime';
import { Cluster, type DNSLookupFunction, Redis, type RedisOptions } from 'ioredis';

import { throttleLog } from '../throttle-log.ts';
import { isFailOverError } from './fail-over-error.ts';
import type { RedisAddress, RedisTls } from './redis-address.ts';

export type RedisClient = Redis | Cluster;

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

/** ioredis: reconnect and send the command again, or reconnect and reject it. */
const RESEND = 2;
const REJECT = 1;

const SOCKET = {
  // The protocol BullMQ was built on.
  protocol: 2,
  connectTimeout: CONNECT_TIMEOUT_MS,
  socketTimeout: SOCKET_TIMEOUT_MS,
  keepAlive: 10_000,
} as const;

const retryStrategy = (attempt: number): number => Math.min(2_000, 50 * 2 ** Math.min(attempt, 10));

/**
 * A connection that never gives up reconnecting; its errors are logged, at most once in ten seconds. A server that was
 * demoted keeps its sockets open: its refusals close them, so that the address is connected to again.
 */
export function createRedisClient(address: RedisAddress, profile: ConnectionProfile, log: Logger): RedisClient {
  const client = address.kind === 'server' ? createSingle(address, profile) : createCluster(address, profile);
  const report = throttleLog((error: unknown) => {
    log.warn({ err: error, profile }, 'queue.redis_error');
  });
  client.on('error', report);
  // BullMQ listens once per queue on the shared connection.
  client.setMaxListeners(0);
  return client;
}

const accessOptions = ({ username, password, tls }: RedisAddress) => ({
  ...SOCKET,
  ...(username !== undefined && { username }),
  ...(password !== undefined && { password: password.reveal() }),
  ...(tls && { tls: tlsOptions(tls) }),
});

const tlsOptions = ({ ca, cert, key }: RedisTls): NonNullable<RedisOptions['tls']> => ({
  ...(ca !== undefined && { ca }),
  ...(cert !== undefined && { cert }),
  ...(key !== undefined && { key: key.reveal() }),
});

function createSingle(address: RedisAddress & { kind: 'server' }, profile: ConnectionProfile): Redis {
  return new Redis({
    ...accessOptions(address),
    ...PROFILES[profile],
    ...address.node,
    db: address.database,
    retryStrategy,
    reconnectOnError: (error) => {
      if (!isFailOverError(error.message)) return false;
      return PROFILES[profile].enableOfflineQueue ? RESEND : REJECT;
    },
  });
}

/** Certificates name hosts: a name that the cluster announces must not be replaced by its address. */
const keepName: DNSLookupFunction = (host, callback) => {
  callback(null, host);
};

/** The cluster's own client follows fail-overs: a demoted node answers MOVED, and slots are read again. */
function createCluster(address: RedisAddress & { kind: 'cluster' }, profile: ConnectionProfile): Cluster {
  return new Cluster([...address.nodes], {
    enableOfflineQueue: PROFILES[profile].enableOfflineQueue,
    clusterRetryStrategy: retryStrategy,
    slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
    ...(address.tls && { dnsLookup: keepName }),
    redisOptions: { ...accessOptions(address), maxRetriesPerRequest: PROFILES[profile].maxRetriesPerRequest },
  });
}
