import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';

import { EmbeddedPostgresError } from './embedded-postgres-error.ts';

export interface Account {
  uid: number;
  gid: number;
}

/** Unprivileged accounts for a server started by root, in order of preference. */
const ACCOUNTS = ['postgres', 'nobody'];

/**
 * Chooses the account for PostgreSQL, which refuses to run as root; `undefined` means the current account. An existing cluster
 * keeps its owner. Creates no account: uses `postgres` if it exists, else the system's unprivileged account.
 */
export function chooseAccount(clusterDir: string): Account | undefined {
  const uid = process.getuid?.();
  const owner = statSync(clusterDir, { throwIfNoEntry: false });
  if (uid !== 0) {
    if (owner !== undefined && uid !== undefined && owner.uid !== uid) {
      throw new EmbeddedPostgresError(
        `${clusterDir} belongs to another user (uid ${owner.uid}), probably after a start as root; ` +
          'start as that user, or set PRESSROOM_HOME to a writable directory',
      );
    }
    return undefined;
  }
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const account = ACCOUNTS.map(lookUp).find((found) => found !== undefined);
  if (account === undefined) {
    throw new EmbeddedPostgresError(
      `PostgreSQL does not run as root and this system has none of the accounts ${ACCOUNTS.join(', ')}; ` +
        'start as an ordinary user, or set DATABASE_URL',
    );
  }
  return account;
}

function lookUp(name: string): Account | undefined {
  try {
    const id = (flag: string) => Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: 'pipe' }));
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return undefined;
  }
}
