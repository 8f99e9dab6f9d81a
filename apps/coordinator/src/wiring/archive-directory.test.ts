import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

import { prepareArchiveDirectory } from './archive-directory.ts';

describe('the directory of the ledger archive', () => {
  const home = mkdtempSync(join(tmpdir(), 'pressroom-archive-'));
  afterAll(() => {
    rmSync(home, { recursive: true });
  });

  it('is created where it is missing', () => {
    prepareArchiveDirectory(join(home, 'a', 'b'));
    expect(existsSync(join(home, 'a', 'b'))).toBe(true);
  });

  it.each([
    ['a file', () => join(home, 'file')],
    ['below a file', () => join(home, 'file', 'below')],
    ['in a file system that refuses directories', () => '/proc/pressroom'],
  ])('is refused with its setting when it is %s', (_title, path) => {
    writeFileSync(join(home, 'file'), '');
    expect(() => {
      prepareArchiveDirectory(path());
    }).toThrow(/retention\.ledgerArchiveDir: cannot be written/);
  });
});
