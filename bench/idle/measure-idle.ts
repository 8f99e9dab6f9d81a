import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

import { readProcesses } from '../machine/cpu-of-tree.ts';
import { readPssKiB } from '../machine/memory-of-process.ts';
import { groupProcesses, type GroupFigures, type ProcessFigures } from './group-processes.ts';

export interface IdleFigures {
  groups: GroupFigures[];
  pssMiB: number;
  /** Share of one core. */
  cpuShare: number;
  windowMs: number;
}

const START_TIMEOUT_MS = 120_000;

/**
 * Starts the whole system like `npm start`, waits for `settleMs`, and measures all its processes over `windowMs`: memory at
 * the end, CPU time during the window. Stops and removes everything.
 */
export async function measureIdle(options: {
  settleMs: number;
  windowMs: number;
  signal: AbortSignal;
}): Promise<IdleFigures> {
  const home = mkdtempSync(join(tmpdir(), 'pressroom-idle-'));
  const child = spawn('npm', ['start', '--silent', '--', '--json'], {
    cwd: join(import.meta.dirname, '../..'),
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], PRESSROOM_HOME: home, PORT: '0' },
  });
  const exited = once(child, 'exit');
  try {
    const ready = once(createInterface(child.stdout), 'line', { signal: options.signal });
    const timeout = delay(START_TIMEOUT_MS, 'timeout', { ref: false });
    const first = await Promise.race([ready, exited.then(() => 'exit'), timeout]);
    if (!Array.isArray(first)) throw new Error(`npm start did not announce the system (${first})`);
    await delay(options.settleMs, undefined, { signal: options.signal });
    const before = readTree(child.pid ?? 0);
    const startedMs = performance.now();
    await delay(options.windowMs, undefined, { signal: options.signal });
    const windowMs = performance.now() - startedMs;
    const groups = groupProcesses(before, readTree(child.pid ?? 0));
    return {
      groups,
      pssMiB: groups.reduce((sum, { pssMiB }) => sum + pssMiB, 0),
      cpuShare: groups.reduce((sum, { cpuMs }) => sum + cpuMs, 0) / windowMs,
      windowMs,
    };
  } finally {
    child.kill('SIGTERM');
    await exited;
    rmSync(home, { recursive: true, force: true });
  }
}

/** A process and all its descendants. */
function readTree(root: number): ProcessFigures[] {
  const all = readProcesses();
  const members = new Set([root]);
  for (let size = 0; size !== members.size;) {
    size = members.size;
    for (const { pid, parent } of all) if (members.has(parent)) members.add(pid);
  }
  return all
    .filter(({ pid }) => members.has(pid))
    .map((stat) => ({ ...stat, command: commandOf(stat.pid), pssKiB: readPssKiB(stat.pid) ?? 0 }));
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}
