import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

import type { Logger } from '@pressroom/runtime';

import { EmbeddedPostgresError } from './embedded-postgres-error.ts';
import { isReachable } from './is-reachable.ts';
import { locatePostgresBinaries } from './postgres-binaries.ts';
import { chooseAccount, type Account } from './unprivileged-account.ts';

export interface ClusterLocation {
  /** Directory of the cluster; may not exist yet. Its parent exists and belongs to the account. */
  clusterDir: string;
  initdb: string;
  postgres: string;
  account: Account | undefined;
}

/** Used by root when other accounts cannot enter the checkout, such as one in /root or under `mktemp -d`. */
const SHARED_ROOT = '/var/lib/pressroom';

/**
 * Decides the directory of the cluster and the programs that run it: normally `dataDir` and the programs in `node_modules`. As
 * root, PostgreSQL runs under another account; files that this account cannot reach are placed in /var/lib/pressroom, and
 * `dataDir/location` points to them.
 */
export async function locateCluster(dataDir: string, log: Logger): Promise<ClusterLocation> {
  const binaries = await locatePostgresBinaries();
  const pointer = join(dataDir, 'location');
  const home = existsSync(pointer) ? readFileSync(pointer, 'utf8').trim() : dataDir;
  const account = chooseAccount(join(home, 'cluster'));
  if (account === undefined) return { clusterDir: join(dataDir, 'cluster'), ...binaries, account };

  const root = isReachable(binaries.root, account)
    ? binaries.root
    : copyBinaries(binaries.root, join(SHARED_ROOT, `postgresql-${binaries.packageVersion}`));
  const programs = { initdb: join(root, 'bin/initdb'), postgres: join(root, 'bin/postgres'), account };
  // The account becomes the owner of the directory; it must be able to pass the directories above.
  if (home === dataDir && isReachable(dirname(dataDir), account)) {
    chownSync(dataDir, account.uid, account.gid);
    return { clusterDir: join(dataDir, 'cluster'), ...programs };
  }
  const elsewhere = home === dataDir ? relocate(dataDir, account) : home;
  writeFileSync(pointer, `${elsewhere}\n`);
  log.info({ dataDir, elsewhere }, 'postgres.relocated');
  return { clusterDir: join(elsewhere, 'cluster'), ...programs };
}

function relocate(dataDir: string, account: Account): string {
  if (existsSync(join(dataDir, 'cluster'))) {
    throw new EmbeddedPostgresError(
      `the account that owns the database (uid ${account.uid}) cannot enter a directory above ${dataDir}; ` +
        'make it accessible (chmod o+x), or start as an ordinary user',
    );
  }
  const elsewhere = join(SHARED_ROOT, randomUUID());
  mkdirSync(elsewhere, { recursive: true, mode: 0o755 });
  chownSync(elsewhere, account.uid, account.gid);
  return elsewhere;
}

/** Copies the programs once per version, atomically. */
function copyBinaries(from: string, to: string): string {
  if (existsSync(to)) return to;
  const draft = `${to}.${randomUUID()}`;
  cpSync(from, draft, { recursive: true, verbatimSymlinks: true });
  chmodSync(draft, 0o755);
  try {
    renameSync(draft, to);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(to)) throw error;
  }
  return to;
}
