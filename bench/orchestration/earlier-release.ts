import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { Contender } from './contender.ts';
import { OURS_REDIS } from './contenders.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** Checkouts of earlier revisions by commit, outside of this checkout, whose checks must not include them. */
const CHECKOUTS = join(tmpdir(), 'pressroom-earlier');

/**
 * An earlier revision of this repository as a contender with the same settings: its own checkout, packages, processes and
 * schema. The first use of a commit installs its packages, which takes about half a minute.
 * @throws {Error} when git does not know the revision, or its packages cannot be installed
 */
export function earlierRelease(revision: string): Contender {
  const commit = resolveCommit(revision);
  const checkout = join(CHECKOUTS, commit.slice(0, 12));
  if (!existsSync(checkout)) {
    console.log(`Checking out ${commit.slice(0, 7)} into ${checkout} …`);
    execFileSync('git', ['worktree', 'prune'], { cwd: ROOT });
    execFileSync('git', ['worktree', 'add', '--quiet', '--detach', checkout, commit], { cwd: ROOT });
  }
  execFileSync(process.execPath, ['scripts/launch.mjs', 'setup'], { cwd: checkout, stdio: 'inherit' });
  const programs = join(checkout, 'bench', 'orchestration');
  return {
    ...OURS_REDIS,
    name: `pressroom@${commit.slice(0, 7)}`,
    label: `Pressroom at ${commit.slice(0, 7)}`,
    processes: OURS_REDIS.processes.map(({ role }) => ({ role, program: join(programs, `${role}.ts`) })),
    migrate: async (databaseUrl) => {
      await promisify(execFile)(process.execPath, ['scripts/db-migrate.ts'], {
        cwd: checkout,
        env: { ...process.env, DATABASE_URL: databaseUrl },
      });
    },
  };
}

function resolveCommit(revision: string): string {
  try {
    return execFileSync('git', ['rev-parse', '--verify', '--quiet', `${revision}^{commit}`], {
      cwd: ROOT,
      encoding: 'utf8',
    }).trim();
  } catch {
    throw new Error(`--against: git knows no revision ${revision} here`);
  }
}
