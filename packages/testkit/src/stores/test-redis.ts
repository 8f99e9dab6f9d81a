import { randomBytes } from 'node:crypto';

import { readRedisAddress, type RedisAddress } from '@pressroom/queue/config';

export interface TestRedis {
  url: string;
  address: RedisAddress;
  /** For keys and queue names of this test alone; hash-tagged, so that it also works on a cluster. */
  prefix: string;
}

/** Is there a Redis in this run? `describe.skipIf(!hasTestRedis())`; with CI=true the run fails earlier instead. */
export const hasTestRedis = (): boolean => process.env['TEST_REDIS_URL'] !== undefined;

/** The run's Redis server with a fresh key prefix. */
export function getTestRedis(): TestRedis {
  const url = process.env['TEST_REDIS_URL'];
  if (url === undefined) throw new Error('no Redis for this test: apt-get install redis-server, or set REDIS_URL');
  const address = readRedisAddress({ REDIS_URL: url });
  if (address === undefined) throw new Error('TEST_REDIS_URL is empty');
  return { url, address, prefix: `{test-${randomBytes(6).toString('hex')}}` };
}
