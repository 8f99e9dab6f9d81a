import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { acquirePidLock } from './pid-lock.ts';
import { identifyProcess } from './process-identity.ts';

describe('acquirePidLock', () => {
  let directory: string;
  let path: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'pressroom-lock-'));
    path = join(directory, 'lock');
  });
  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  it('names the owner while it is held, and can be acquired after its release', () => {
    const held = acquirePidLock(path);
    expect(acquirePidLock(path)).toEqual({ acquired: false, ownerPid: process.pid });
    if (held.acquired) held.release();
    expect(acquirePidLock(path).acquired).toBe(true);
  });

  it('takes over the lock of an exited process', () => {
    writeFileSync(path, JSON.stringify({ pid: 2 ** 22 + 1, identity: 'gone' }));
    expect(acquirePidLock(path).acquired).toBe(true);
  });

  it('takes over the lock of a process whose pid was reused', () => {
    writeFileSync(path, JSON.stringify({ pid: process.pid, identity: 'an earlier process' }));
    expect(acquirePidLock(path).acquired).toBe(true);
  });

  it('takes over an unreadable lock', () => {
    writeFileSync(path, '{');
    expect(acquirePidLock(path).acquired).toBe(true);
  });

  it('does not release a lock that another process has acquired', () => {
    const held = acquirePidLock(path);
    writeFileSync(path, JSON.stringify({ pid: 1, identity: identifyProcess(1) }));
    if (held.acquired) held.release();
    expect(acquirePidLock(path)).toEqual({ acquired: false, ownerPid: 1 });
  });

  it('leaves no temporary files', () => {
    acquirePidLock(path);
    acquirePidLock(path);
    expect(readdirSync(directory)).toEqual(['lock']);
  });
});
