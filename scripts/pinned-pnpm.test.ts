import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { packageManager: string };

/** Runs plain JavaScript beside the launcher, whose files have no types. */
function evaluate(code: string) {
  const script = `import { parsePin, verify } from './scripts/pinned-pnpm.mjs'; ${code}`;
  return spawnSync(process.execPath, ['--input-type=module', '--eval', script], { cwd: root, encoding: 'utf8' });
}

describe('the pinned pnpm', () => {
  it('is pinned by version and hash', () => {
    expect(packageManager).toMatch(/^pnpm@\d+\.\d+\.\d+\+sha512\.[0-9a-f]{128}$/);
    expect(evaluate("parsePin('pnpm@12.21.0')").stderr).toContain('must be pnpm@x.y.z+sha512.');
  });

  it('is refused when its content is not what was pinned', () => {
    const directory = mkdtempSync(join(tmpdir(), 'pressroom-pin-'));
    const file = join(directory, 'pnpm.tgz');
    writeFileSync(file, 'content');
    const check = (sha512: string) =>
      evaluate(`verify(${JSON.stringify(file)}, { spec: 'pnpm@1.0.0', sha512: '${sha512}' })`);
    expect(check(createHash('sha512').update('content').digest('hex')).status).toBe(0);
    expect(check('0'.repeat(128)).stderr).toContain('do not install from this registry');
    rmSync(directory, { recursive: true });
  });
});

describe('the pressroom command in a checkout', () => {
  it.each([
    ['npx', ['--no', 'pressroom', 'task-types', '--help']],
    ['npm', ['exec', '--no', 'pressroom', '--', 'task-types', '--help']],
  ])(
    'runs through %s',
    (program, args) => {
      const { status, stdout, stderr } = spawnSync(program, args, { cwd: root, encoding: 'utf8', timeout: 60_000 });
      expect(stderr + stdout).toContain('task-types');
      expect(status).toBe(0);
    },
    70_000,
  );
});
