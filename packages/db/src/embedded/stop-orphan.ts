import { systemClock, type Logger } from '@pressroom/runtime';

import { EmbeddedPostgresError } from './embedded-postgres-error.ts';
import { isPostmasterOf, readPostmasterPid } from './postmaster-pid.ts';

const STEPS = [
  { signal: 'SIGINT', waitMs: 20_000 },
  { signal: 'SIGQUIT', waitMs: 10_000 },
] as const;
const POLL_MS = 20;

/**
 * Stops a server that still runs on the cluster after its owner has exited. Call only while holding the directory's lock. Leaves
 * a lock file of another or an exited process to PostgreSQL.
 */
export async function stopOrphan(clusterDir: string, log: Logger): Promise<void> {
  const orphan = readPostmasterPid(clusterDir);
  if (orphan === undefined || !isPostmasterOf(orphan.pid, clusterDir)) return;
  log.warn({ postgresPid: orphan.pid, clusterDir }, 'postgres.orphan_stopped');
  for (const { signal, waitMs } of STEPS) {
    sendSignal(orphan.pid, signal);
    const deadline = systemClock.monotonicMs() + waitMs;
    while (systemClock.monotonicMs() < deadline) {
      if (!isPostmasterOf(orphan.pid, clusterDir)) return;
      await systemClock.sleep(POLL_MS);
    }
  }
  throw new EmbeddedPostgresError(
    `an orphaned PostgreSQL (pid ${orphan.pid}) on ${clusterDir} does not stop; kill it and start again`,
  );
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
