import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

import {
  acquirePidLock,
  errorMessage,
  readOrCreateSecretFile,
  systemClock,
  type Logger,
  type PidLock,
} from '@pressroom/runtime';

import { APPLICATION_ROLE, prepareApplicationRole } from './embedded/application-role.ts';
import { locateCluster } from './embedded/cluster-location.ts';
import { EmbeddedPostgresError } from './embedded/embedded-postgres-error.ts';
import { initCluster, SUPERUSER } from './embedded/init-cluster.ts';
import { startPostmaster, type Postmaster } from './embedded/postmaster.ts';
import { choosePort, storePort } from './embedded/remembered-port.ts';
import { toServerArguments, type ServerSettings } from './embedded/server-settings.ts';
import { stopOrphan } from './embedded/stop-orphan.ts';

const START_ATTEMPTS = 10;
const RETRY_MS = 300;

export interface EmbeddedPostgresOptions {
  /** Directory of the cluster, the passwords of its two roles, port and log; created if missing. */
  dataDir: string;
  /** Fixed port; by default one is chosen once and reused while it is free. */
  port?: number;
  log: Logger;
  /** PostgreSQL parameters that differ from the defaults in `server-settings.ts`. */
  settings?: ServerSettings;
}

export interface EmbeddedPostgres {
  /** Connection string of the database `pressroom` for its owner role. Contains the password: never log it. */
  url: string;
  /** The same for the superuser, for tests; no process of Pressroom uses it. Never log it. */
  adminUrl: string;
  port: number;
  pid: number;
  /** Resolves when the server has exited for any reason. */
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Closes open connections, waits for a clean shutdown and releases the directory. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts an embedded PostgreSQL server, for machines without one. One process at a time owns `dataDir`. The server exits with
 * that process, and files left by a crash do not block the next start. Throws `EmbeddedPostgresError`.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir);
  const lock = claimDirectory(dataDir);
  try {
    const password = readOrCreateSecretFile(join(dataDir, 'password')).reveal();
    const applicationPassword = readOrCreateSecretFile(join(dataDir, 'application-password')).reveal();
    const location = await locateCluster(dataDir, options.log);
    await stopOrphan(location.clusterDir, options.log);
    await initCluster(location, password, options.settings?.['fsync'] !== 'off');
    const launch = (port: number) =>
      startPostmaster(
        location,
        toServerArguments(location.clusterDir, port, options.settings),
        join(dataDir, 'postgres.log'),
      );
    const { postmaster, port } = await startOnPort(dataDir, options.port, launch);
    const urlOf = (role: string, rolePassword: string) => (database: string) =>
      `postgresql://${role}:${rolePassword}@127.0.0.1:${port}/${database}`;
    const adminUrlOf = urlOf(SUPERUSER, password);
    const stop = async () => {
      await postmaster.stop();
      lock.release();
    };
    const database = await prepareApplicationRole(adminUrlOf, applicationPassword).catch(async (error: unknown) => {
      await stop();
      throw error;
    });
    options.log.info({ port, postgresPid: postmaster.pid, dataDir }, 'postgres.started');
    const url = urlOf(APPLICATION_ROLE, applicationPassword)(database);
    return { url, adminUrl: adminUrlOf(database), port, pid: postmaster.pid, exited: postmaster.exited, stop };
  } catch (error) {
    lock.release();
    throw error;
  }
}

function claimDirectory(dataDir: string): Extract<PidLock, { acquired: true }> {
  let lock: PidLock;
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o755 });
    lock = acquirePidLock(join(dataDir, 'owner.lock'));
  } catch (error) {
    throw new EmbeddedPostgresError(
      `cannot write to ${dataDir}: ${errorMessage(error)}; set PRESSROOM_HOME to a writable directory`,
      {
        cause: error,
      },
    );
  }
  if (lock.acquired) return lock;
  throw new EmbeddedPostgresError(
    `another Pressroom (pid ${lock.ownerPid}) uses the database in ${dataDir}; stop it, or set PRESSROOM_HOME to another directory`,
  );
}

async function startOnPort(
  dataDir: string,
  fixed: number | undefined,
  launch: (port: number) => Promise<Postmaster>,
): Promise<{ postmaster: Postmaster; port: number }> {
  const portFile = join(dataDir, 'port');
  for (let attempt = 1; ; attempt += 1) {
    const port = fixed ?? (await choosePort(portFile));
    try {
      const postmaster = await launch(port);
      storePort(portFile, port);
      return { postmaster, port };
    } catch (error) {
      if (attempt === START_ATTEMPTS || !isTransient(errorMessage(error), fixed === undefined)) throw error;
      await systemClock.sleep(RETRY_MS);
    }
  }
}

/** Is the error transient? Another process took the port, or backends of a killed server are still exiting. */
function isTransient(message: string, canChangePort: boolean): boolean {
  return message.includes('shared memory block') || (canChangePort && /could not (bind|create any TCP)/.test(message));
}
