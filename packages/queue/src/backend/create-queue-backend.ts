import type { Logger } from '@pressroom/runtime';

import type { QueueBackend } from './queue-backend.ts';
import { createRedisQueueBackend } from './queue-backend.redis.ts';
import { createPostgresQueueBackend } from './queue-backend.sql.ts';
import type { RedisAddress } from './redis-address.ts';

export type QueueStoreConfig =
  | { kind: 'redis'; address: RedisAddress; prefix?: string }
  | { kind: 'postgres'; databaseUrl: string; poolSize?: number; schema?: string };
export type QueueBackendConfig = QueueStoreConfig & { log: Logger };

/** Creates the backend of the configured store, once, in `main.ts`. */
export function createQueueBackend(config: QueueBackendConfig): QueueBackend {
  return config.kind === 'redis' ? createRedisQueueBackend(config) : createPostgresQueueBackend(config);
}
