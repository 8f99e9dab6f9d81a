import { randomBytes } from 'node:crypto';

import { readRedisAddress, type RedisAddress } from '@pressroom/queue/config';

export interface TestRedis {
  url: string;
  address: RedisAddress;
  /** Prefix of this test's keys and queue names; hash-tagged, so that it also works on a cluster. */
  prefix: string;
}

/** Whether the test run has a Redis: `describe.skipIf(!hasTestRedis())`. With CI=true a run without one fails earlier. */
export const hasTestRedis = (): boolean => process.env['TEST_REDIS_URL'] !== undefined;

/** The Redis server of the test run, with a new key prefix. */
export function getTestRedis(): TestRedis {
  const url = process.env['TEST_REDIS_URL'];
  if (url === undefined) throw new Error('no Redis for this test: apt-get install redis-server, or set REDIS_URL');
  const address = readRedisAddress({ REDIS_URL: url });
  if (address === undefined) throw new Error('TEST_REDIS_URL is empty');
  return { url, address, prefix: `{test-${randomBytes(6).toString('hex')}}` };
}
