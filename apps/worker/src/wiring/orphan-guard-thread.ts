/** Ends the process after its worker has exited, even while the main thread is blocked. */
import { workerData } from 'node:worker_threads';

const PERIOD_MS = 1_000;
const parentPid = workerData as number;

setInterval(() => {
  // Orphans get another parent process.
  if (process.ppid !== parentPid) process.kill(process.pid, 'SIGKILL');
}, PERIOD_MS);
