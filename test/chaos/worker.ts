/**
 * The worker with a trap: `CHAOS_KILL_AT=journaled:3` ends the process by SIGKILL the third time it passes that point.
 * Nothing is cleaned up, exactly as when the machine loses power there.
 */
import { errorMessage } from '@pressroom/runtime';

import { runWorker, type WorkerCheckpoint } from '../../apps/worker/src/wiring/run-worker.ts';

const [point = '', nth = '1'] = (process.env['CHAOS_KILL_AT'] ?? '').split(':');
let passed = 0;

const onCheckpoint = (reached: WorkerCheckpoint): void => {
  if (reached !== point) return;
  passed += 1;
  if (passed === Number(nth)) process.kill(process.pid, 'SIGKILL');
};

runWorker(process.env, { onCheckpoint }).catch((error: unknown) => {
  process.stderr.write(`${errorMessage(error)}\n`);
  process.exit(1);
});
