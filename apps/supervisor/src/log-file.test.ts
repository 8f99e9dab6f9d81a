import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createLogFile } from './log-file.ts';

describe('createLogFile', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'pressroom-log-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  it('moves a full file aside and keeps one generation', () => {
    const path = join(directory, 'a.log');
    const file = createLogFile(path, 10);
    for (const text of ['12345\n', '67890\n', 'abc\n']) file.write(text);
    expect(readFileSync(`${path}.1`, 'utf8')).toBe('12345\n');
    expect(readFileSync(path, 'utf8')).toBe('67890\nabc\n');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('swallows a write that cannot succeed', () => {
    expect(() => {
      createLogFile(join(directory, 'missing', 'a.log')).write('x');
    }).not.toThrow();
  });
});
