import { cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

import { machineBusyMs } from './cpu-of-tree.ts';

const QUIET_SHARE = 0.25;
const LOOK_MS = 1_000;

/** Waits until other processes use little CPU, at most `maxMs`. Returns the last measured share. */
export async function waitUntilQuiet(maxMs: number): Promise<number> {
  const cores = cpus().length;
  for (let waitedMs = 0; ; waitedMs += LOOK_MS) {
    const [busyMs, atMs] = [machineBusyMs(), performance.now()];
    await delay(LOOK_MS);
    const share = (machineBusyMs() - busyMs) / ((performance.now() - atMs) * cores);
    if (share < QUIET_SHARE || waitedMs + LOOK_MS >= maxMs) return share;
  }
}
