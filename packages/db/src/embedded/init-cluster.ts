import { execFile } from 'node:child_process';
import { chownSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { ClusterLocation } from './cluster-location.ts';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';

export const SUPERUSER = 'pressroom';

/** Creates the cluster unless it exists. After an interruption the next call starts over. */
export async function initCluster(location: ClusterLocation, password: string, durable: boolean): Promise<void> {
  const { clusterDir, account } = location;
  if (existsSync(clusterDir)) {
    await checkVersion(location);
    return;
  }
  const draft = `${clusterDir}.new`;
  const passwordFile = `${clusterDir}.password`;
  rmSync(draft, { recursive: true, force: true });
  rmSync(passwordFile, { force: true });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (account) chownSync(passwordFile, account.uid, account.gid);
  try {
    await promisify(execFile)(
      location.initdb,
      [
        `--pgdata=${draft}`,
        `--username=${SUPERUSER}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        // PostgreSQL's builtin C.UTF-8: the same sort order on every machine.
        '--locale=C',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--no-instructions',
        ...(durable ? [] : ['--no-sync']),
      ],
      { ...account, env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' }, cwd: '/' },
    );
    renameSync(draft, clusterDir);
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    throw new EmbeddedPostgresError(
      `PostgreSQL could not create ${clusterDir}: ${stderr?.trim() ?? 'initdb did not run'}`,
      {
        cause: error,
      },
    );
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

async function checkVersion({ clusterDir, postgres }: ClusterLocation): Promise<void> {
  const found = readFileSync(join(clusterDir, 'PG_VERSION'), 'utf8').trim();
  const { stdout } = await promisify(execFile)(postgres, ['--version'], { cwd: '/' });
  const installed = /\) (\d+)/.exec(stdout)?.[1];
  if (installed === undefined || installed === found) return;
  throw new EmbeddedPostgresError(
    `${clusterDir} was created by PostgreSQL ${found}, but this release contains ${installed}: dump it with the older release, ` +
      'or set PRESSROOM_HOME to a new directory',
  );
}
