import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { readOrCreateSecretFile } from './secret-file.ts';

describe('readOrCreateSecretFile', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'pressroom-secret-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  it('creates a secret once, readable by its owner only, and leaves no other file', () => {
    const path = join(directory, 'home', 'token');
    const secret = readOrCreateSecretFile(path, 'prefix_').reveal();
    expect(secret).toMatch(/^prefix_[\w-]{32}$/);
    expect(readOrCreateSecretFile(path).reveal()).toBe(secret);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(directory, 'home'))).toEqual(['token']);
  });

  it('restores the permissions of a file that others could read', () => {
    const path = join(directory, 'token');
    const secret = readOrCreateSecretFile(path).reveal();
    chmodSync(path, 0o644);
    expect(readOrCreateSecretFile(path).reveal()).toBe(secret);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('rejects an empty file and names the fix', () => {
    const path = join(directory, 'token');
    writeFileSync(path, '\n');
    expect(() => readOrCreateSecretFile(path)).toThrow(`${path} is empty: delete it`);
  });
});
