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

  it('names the owner while it is held, and is free after its release', () => {
    const held = acquirePidLock(path);
    expect(acquirePidLock(path)).toEqual({ acquired: false, ownerPid: process.pid });
    if (held.acquired) held.release();
    expect(acquirePidLock(path).acquired).toBe(true);
  });

  it('takes over from an owner that no longer runs', () => {
    writeFileSync(path, JSON.stringify({ pid: 2 ** 22 + 1, identity: 'gone' }));
    expect(acquirePidLock(path).acquired).toBe(true);
  });

  it('takes over from an owner whose pid is now another process', () => {
    writeFileSync(path, JSON.stringify({ pid: process.pid, identity: 'an earlier process' }));
    expect(acquirePidLock(path).acquired).toBe(true);
  });

  it('takes over a lock that is not readable as one', () => {
    writeFileSync(path, '{');
    expect(acquirePidLock(path).acquired).toBe(true);
  });

  it('leaves a lock alone on release that is someone else’s by now', () => {
    const held = acquirePidLock(path);
    writeFileSync(path, JSON.stringify({ pid: 1, identity: identifyProcess(1) }));
    if (held.acquired) held.release();
    expect(acquirePidLock(path)).toEqual({ acquired: false, ownerPid: 1 });
  });

  it('leaves no drafts behind', () => {
    acquirePidLock(path);
    acquirePidLock(path);
    expect(readdirSync(directory)).toEqual(['lock']);
  });
});
