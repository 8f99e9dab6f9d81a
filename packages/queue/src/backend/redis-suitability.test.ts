import { describe, expect, it } from 'vitest';

import { findRedisProblems } from './redis-suitability.ts';

const info = (version: string, policy?: string) =>
  ['# Server', `redis_version:${version}`, ...(policy === undefined ? [] : [`maxmemory_policy:${policy}`]), ''].join(
    '\r\n',
  );

describe('findRedisProblems', () => {
  it.each(['6.2.0', '7.0.15', '7.4', '8.0.1', '10.0.0'])('accepts Redis %s', (version) => {
    expect(findRedisProblems(info(version, 'noeviction'))).toEqual([]);
  });

  it.each(['6.0.16', '5.0.7', '4.9'])('rejects Redis %s', (version) => {
    expect(findRedisProblems(info(version, 'noeviction'))).toEqual([
      `Redis 6.2 or newer is needed, this one is ${version}: upgrade it`,
    ]);
  });

  it('rejects eviction and names the setting', () => {
    expect(findRedisProblems(info('7.0.0', 'allkeys-lru'))).toEqual([
      expect.stringContaining('set "maxmemory-policy noeviction"') as string,
    ]);
  });

  it('accepts a server that hides its policy, as managed ones do', () => {
    expect(findRedisProblems(info('7.0.0'))).toEqual([]);
  });

  it('reports all problems', () => {
    expect(findRedisProblems('maxmemory_policy:allkeys-lru')).toHaveLength(2);
  });
});
