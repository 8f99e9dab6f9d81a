import type { Logger } from '@pressroom/runtime';
import { Cluster, type DNSLookupFunction, Redis, type RedisOptions } from 'ioredis';

import { throttleLog } from '../throttle-log.ts';
import { isFailOverError } from './fail-over-error.ts';
import type { RedisAddress, RedisTls } from './redis-address.ts';

export type RedisClient = Redis | Cluster;

const CONNECT_TIMEOUT_MS = 5_000;
/** Longer than any blocking wait: a socket that is silent for this long while a reply is due is dead. */
const SOCKET_TIMEOUT_MS = 20_000;

/**
 * - `produce`: fails immediately without a connection, because the next sweep dispatches what was not added
 * - `consume`: commands wait for the connection to be restored, as BullMQ's workers require
 */
export type ConnectionProfile = 'produce' | 'consume';

const PROFILES = {
  produce: { maxRetriesPerRequest: 0, enableOfflineQueue: false },
  consume: { maxRetriesPerRequest: null, enableOfflineQueue: true },
} as const;

/** Results of ioredis' `reconnectOnError`: reconnect and resend the command, or reconnect and reject it. */
const RESEND = 2;
const REJECT = 1;

const SOCKET = {
  // The protocol version that BullMQ was built for.
  protocol: 2,
  connectTimeout: CONNECT_TIMEOUT_MS,
  socketTimeout: SOCKET_TIMEOUT_MS,
  keepAlive: 10_000,
} as const;

const retryStrategy = (attempt: number): number => Math.min(2_000, 50 * 2 ** Math.min(attempt, 10));

/**
 * A connection that reconnects indefinitely and logs its errors at most once in ten seconds. A demoted primary keeps its
 * sockets open, so its rejections close them and the address is connected to again.
 */
export function createRedisClient(address: RedisAddress, profile: ConnectionProfile, log: Logger): RedisClient {
  const client = address.kind === 'server' ? createSingle(address, profile) : createCluster(address, profile);
  const report = throttleLog((error: unknown) => {
    log.warn({ err: error, profile }, 'queue.redis_error');
  });
  client.on('error', report);
  // BullMQ adds listeners per queue on the shared connection.
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

/** Certificates contain host names, so an announced name must not be replaced by its IP address. */
const keepName: DNSLookupFunction = (host, callback) => {
  callback(null, host);
};

/** ioredis' cluster client follows fail-overs: a demoted node replies MOVED, and the slots are read again. */
function createCluster(address: RedisAddress & { kind: 'cluster' }, profile: ConnectionProfile): Cluster {
  return new Cluster([...address.nodes], {
    enableOfflineQueue: PROFILES[profile].enableOfflineQueue,
    clusterRetryStrategy: retryStrategy,
    slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
    ...(address.tls && { dnsLookup: keepName }),
    redisOptions: { ...accessOptions(address), maxRetriesPerRequest: PROFILES[profile].maxRetriesPerRequest },
  });
}
