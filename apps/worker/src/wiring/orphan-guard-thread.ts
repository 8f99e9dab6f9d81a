/** Ends the process when its worker is gone, even while the main thread is blocked and notices nothing. */
import { workerData } from 'node:worker_threads';

const PERIOD_MS = 1_000;
const parentPid = workerData as number;

setInterval(() => {
  // Orphans are adopted by another process.
  if (process.ppid !== parentPid) process.kill(process.pid, 'SIGKILL');
}, PERIOD_MS);
