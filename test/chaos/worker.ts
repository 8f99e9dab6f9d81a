/**
 * A worker with fault injection: `CHAOS_KILL_AT=journaled:3` kills the process with SIGKILL the third time it reaches that
 * checkpoint, as a power failure would. Tasks with a topic such as `poison:abort` crash the process that runs them.
 * `CHAOS_MAX_STALL_MS` shortens the limit for a blocked event loop.
 */
import { fileURLToPath } from 'node:url';

import { errorMessage } from '@pressroom/runtime';

import { runWorker, type WorkerCheckpoint } from '../../apps/worker/src/wiring/run-worker.ts';
import { findPoisonedAgent } from './support/poisoned-agents.ts';

const [point = '', nth = '1'] = (process.env['CHAOS_KILL_AT'] ?? '').split(':');
let passed = 0;

const onCheckpoint = (reached: WorkerCheckpoint): void => {
  if (reached !== point) return;
  passed += 1;
  if (passed === Number(nth)) process.kill(process.pid, 'SIGKILL');
};

const maxStallMs = Number(process.env['CHAOS_MAX_STALL_MS'] ?? 30_000);

runWorker(process.env, {
  onCheckpoint,
  findAgent: findPoisonedAgent,
  suspectProgram: fileURLToPath(new URL('./suspect.ts', import.meta.url)),
  suspectLimits: { heapMb: 128, residentMb: 400, maxStallMs },
  maxStallMs,
}).catch((error: unknown) => {
  process.stderr.write(`${errorMessage(error)}\n`);
  process.exit(1);
});
