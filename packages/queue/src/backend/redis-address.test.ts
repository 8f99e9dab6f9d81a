import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ConfigError } from '@pressroom/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { readRedisAddress, type RedisVariables } from './redis-address.ts';

const readProblems = (variables: RedisVariables): string[] => {
  try {
    readRedisAddress(variables);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ path, message }) => `${path}: ${message}`);
    throw error;
  }
  return [];
};

describe('readRedisAddress', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'pressroom-redis-address-'));
    writeFileSync(join(directory, 'ca.pem'), '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n');
    writeFileSync(join(directory, 'ca.der'), 'binary');
  });
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  it('returns undefined when no variable names a server', () => {
    expect(readRedisAddress({})).toBeUndefined();
    expect(readRedisAddress({ REDIS_URL: '', REDIS_CLUSTER_NODES: '' })).toBeUndefined();
  });

  it.each([
    ['redis://localhost', { node: { host: 'localhost', port: 6_379 }, database: 0, tls: undefined }],
    ['redis://h:1/3', { node: { host: 'h', port: 1 }, database: 3 }],
    ['rediss://u:p%40ss@h:7001', { node: { host: 'h', port: 7_001 }, username: 'u', tls: {} }],
    ['redis://:secret@[fd00::1]:7000', { node: { host: 'fd00::1', port: 7_000 }, username: undefined }],
  ])('reads the server %s', (url, expected) => {
    expect(readRedisAddress({ REDIS_URL: url })).toMatchObject({ kind: 'server', ...expected });
  });

  it('decodes the password of a URL', () => {
    expect(readRedisAddress({ REDIS_URL: 'redis://u:p%40s%2Cs@h' })?.password?.reveal()).toBe('p@s,s');
  });

  it('reads the nodes of a cluster, with the credentials and TLS of one of them', () => {
    const address = readRedisAddress({ REDIS_CLUSTER_NODES: 'a:7000, rediss://app:secret@b:7001 ,[fd00::1]' });
    expect(address).toMatchObject({
      kind: 'cluster',
      nodes: [
        { host: 'a', port: 7_000 },
        { host: 'b', port: 7_001 },
        { host: 'fd00::1', port: 6_379 },
      ],
      username: 'app',
      tls: {},
    });
    expect(address?.password?.reveal()).toBe('secret');
  });

  it('reads certificates from PEM files', () => {
    const address = readRedisAddress({ REDIS_URL: 'rediss://h', REDIS_TLS_CA_FILE: join(directory, 'ca.pem') });
    expect(address?.tls?.ca).toContain('BEGIN CERTIFICATE');
  });

  it.each<[RedisVariables, RegExp]>([
    [{ REDIS_URL: 'localhost:6379' }, /^REDIS_URL: must start with redis:\/\/ or rediss:\/\//],
    [{ REDIS_URL: 'http://canary@h' }, /^REDIS_URL: must start with/],
    [{ REDIS_URL: 'redis://:canary/#@h' }, /^REDIS_URL: .*percent-encode/],
    [{ REDIS_URL: 'redis://u:canary%zz@h' }, /^REDIS_URL: percent-encode/],
    [{ REDIS_URL: 'redis://h?canary=1' }, /^REDIS_URL: must not have "\?"/],
    [{ REDIS_URL: 'redis://h/canary' }, /^REDIS_URL: must end in a database number/],
    [{ REDIS_URL: 'redis://h', REDIS_CLUSTER_NODES: 'a:1' }, /must not be set together/],
    [
      { REDIS_URL: 'http://canary@h', REDIS_CLUSTER_NODES: 'a:99999' },
      /must not be set together.*\nREDIS_URL: must start with.*\nREDIS_CLUSTER_NODES: node 1: must be host:port/,
    ],
    [{ REDIS_CLUSTER_NODES: 'a:1,redis://:canary@:::' }, /^REDIS_CLUSTER_NODES: node 2: must be host:port/],
    [{ REDIS_CLUSTER_NODES: 'a:99999' }, /^REDIS_CLUSTER_NODES: node 1: must be host:port/],
    [{ REDIS_CLUSTER_NODES: 'redis://a:1/2' }, /node 1: must not name a database/],
    [{ REDIS_CLUSTER_NODES: 'redis://u:canary@a,redis://u:other@b' }, /must have the same scheme, user and password/],
    [{ REDIS_CLUSTER_NODES: 'redis://a,rediss://b' }, /must have the same scheme/],
    [{ REDIS_CLUSTER_NODES: ' , ' }, /must name a node/],
    [{ REDIS_URL: 'redis://h', REDIS_TLS_CA_FILE: '/none' }, /REDIS_TLS_CA_FILE: needs a rediss:\/\/ address/],
    [{ REDIS_URL: 'rediss://h', REDIS_TLS_CA_FILE: '/none' }, /^REDIS_TLS_CA_FILE: cannot be read: .*ENOENT/],
    [{ REDIS_URL: 'rediss://h', REDIS_TLS_KEY_FILE: '/none' }, /must be set together/],
  ])('rejects %j without quoting secrets', (variables, expected) => {
    const problems = readProblems(variables).join('\n');
    expect(problems).toMatch(expected);
    expect(problems).not.toContain('canary');
  });

  it('rejects a certificate that is not PEM', () => {
    expect(readProblems({ REDIS_URL: 'rediss://h', REDIS_TLS_CA_FILE: join(directory, 'ca.der') })).toEqual([
      'REDIS_TLS_CA_FILE: is not a PEM file',
    ]);
  });

  it('never prints the password', () => {
    expect(JSON.stringify(readRedisAddress({ REDIS_URL: 'redis://u:canary@h' }))).not.toContain('canary');
  });
});
