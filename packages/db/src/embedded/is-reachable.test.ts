import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { isReachable } from './is-reachable.ts';

const OTHER_ACCOUNT = { uid: 54_321, gid: 54_321 };

describe('isReachable', () => {
  let outer: string;
  let inner: string;
  beforeEach(() => {
    outer = mkdtempSync(join(tmpdir(), 'pressroom-reach-'));
    inner = join(outer, 'inner');
    mkdirSync(inner, { mode: 0o755 });
  });
  afterEach(() => {
    rmSync(outer, { recursive: true, force: true });
  });

  it('is false below a directory that is closed to others', () => {
    chmodSync(outer, 0o700);
    expect(isReachable(inner, OTHER_ACCOUNT)).toBe(false);
  });

  it('requires only the execute permission', () => {
    chmodSync(outer, 0o711);
    expect(isReachable(inner, OTHER_ACCOUNT)).toBe(true);
  });

  it('is true for the owner of closed directories', () => {
    chmodSync(outer, 0o700);
    const account = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
    expect(isReachable(inner, account)).toBe(true);
  });
});
