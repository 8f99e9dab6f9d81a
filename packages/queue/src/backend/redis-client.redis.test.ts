import { describe, expect, it } from 'vitest';

import { parseNode } from './redis-client.redis.ts';

describe('parseNode', () => {
  it.each([
    ['10.0.0.1:7000', { host: '10.0.0.1', port: 7_000 }],
    ['redis-0.redis', { host: 'redis-0.redis', port: 6_379 }],
    ['[fd00::1]:7000', { host: 'fd00::1', port: 7_000 }],
    ['rediss://user:p%40ss@node:7001', { host: 'node', port: 7_001, username: 'user', password: 'p@ss', tls: true }],
  ])('reads %s', (node, expected) => {
    expect(parseNode(node)).toEqual(expected);
  });

  it('refuses what is no address, without repeating it', () => {
    expect(() => parseNode('redis://:canary@:::')).toThrow('a cluster node is not host:port');
  });
});
