import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';

import { EmbeddedPostgresError } from './embedded-postgres-error.ts';

export interface Account {
  uid: number;
  gid: number;
}

/**
 * The account that PostgreSQL must run as, because it refuses to run as root; `undefined` means "as we are". An existing
 * cluster keeps its owner. No account is created: `postgres` is taken where it exists, else `nobody`.
 */
export function chooseAccount(clusterDir: string): Account | undefined {
  const uid = process.getuid?.();
  const owner = statSync(clusterDir, { throwIfNoEntry: false });
  if (uid !== 0) {
    if (owner !== undefined && uid !== undefined && owner.uid !== uid) {
      throw new EmbeddedPostgresError(
        `${clusterDir} belongs to another user (uid ${owner.uid}): it was probably made by a start as root; ` +
          'start as that user, or set PRESSROOM_HOME to a directory of your own',
      );
    }
    return undefined;
  }
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const account = lookUp('postgres') ?? lookUp('nobody');
  if (account === undefined) {
    throw new EmbeddedPostgresError(
      'PostgreSQL does not run as root and this system has neither an account "postgres" nor "nobody"; ' +
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
