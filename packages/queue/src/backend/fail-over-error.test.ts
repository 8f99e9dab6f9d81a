import { describe, expect, it } from 'vitest';

import { isFailOverError } from './fail-over-error.ts';

describe('isFailOverError', () => {
  it.each([
    "READONLY You can't write against a read only replica.",
    "READONLY You can't write against a read only replica. script: 1a2b, on @user_script:64.",
    "ERR Error running script (call to f_1a2b): @user_script:64: @user_script: 64: -READONLY You can't write against a read only replica.",
    'LOADING Redis is loading the dataset in memory',
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
    'NOREPLICAS Not enough good replicas to write.',
    'UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)',
    'CLUSTERDOWN The cluster is down',
  ])('recognises %s', (message) => {
    expect(isFailOverError(message)).toBe(true);
  });

  it.each([
    'NOSCRIPT No matching script. Please use EVAL.',
    'MOVED 866 127.0.0.1:7001',
    "ERR unknown command 'READONLYX', with args beginning with: ",
    'WRONGTYPE Operation against a key holding the wrong kind of value',
    'NOAUTH Authentication required.',
    "ERR Error running script (call to f_1): @user_script:1: ERR value 'READONLY ' is not an integer",
    '',
  ])('does not match %j', (message) => {
    expect(isFailOverError(message)).toBe(false);
  });
});
