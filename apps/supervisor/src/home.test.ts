import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { readOrCreateAdminKey } from './admin-key.ts';
import { HomeInUseError, openHome } from './home.ts';

describe('openHome', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'pressroom-home-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  it('refuses a second start and says which process has it, and where it serves', () => {
    const home = openHome(directory);
    home.announce({ pid: process.pid, url: 'http://127.0.0.1:4400' });
    expect(() => openHome(directory)).toThrow(HomeInUseError);
    expect(() => openHome(directory)).toThrow(new RegExp(`pid ${process.pid}.*at http://127.0.0.1:4400`));
    home.release();
  });

  it('can be opened again after its release', () => {
    openHome(directory).release();
    expect(() => {
      openHome(directory).release();
    }).not.toThrow();
  });

  it('keeps one admin key, which only its owner can read', () => {
    const { adminKeyFile } = openHome(directory);
    const key = readOrCreateAdminKey(adminKeyFile).reveal();
    expect(readOrCreateAdminKey(adminKeyFile).reveal()).toBe(key);
    expect(readFileSync(adminKeyFile, 'utf8')).toBe(`${key}\n`);
    expect(statSync(adminKeyFile).mode & 0o777).toBe(0o600);
  });
});
