import { spawn, type ChildProcess } from 'node:child_process';
import { chownSync, closeSync, openSync, readFileSync, statSync } from 'node:fs';
import type { Writable } from 'node:stream';

import { systemClock } from '@pressroom/runtime';

import type { ClusterLocation } from './cluster-location.ts';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';
import { readPostmasterPid } from './postmaster-pid.ts';

export interface Postmaster {
  pid: number;
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  stop(): Promise<void>;
}

const MAX_LOG_BYTES = 5_000_000;
/** Crash recovery may replay a gigabyte of WAL. */
const READY_TIMEOUT_MS = 300_000;
const POLL_MS = 10;
/** Shutdown signals from smart to immediate, with the wait before the next. */
const STOP_STEPS = [
  { signal: 'SIGINT', waitMs: 20_000 },
  { signal: 'SIGQUIT', waitMs: 5_000 },
  { signal: 'SIGKILL', waitMs: 2_000 },
] as const;

/**
 * Starts a background shell that reads descriptor 3, which our process keeps open, and then executes PostgreSQL. When our
 * process ends for any reason, the shell reads end-of-file and stops the server; a line means that the server has exited.
 */
const GUARDED_EXEC = '( ( read -r _ <&3 || kill -INT $$ ) >/dev/null 2>&1 & ); exec "$0" "$@" 3<&-';

/** Starts the server in a separate session, without Ctrl-C; resolves when it accepts connections. */
export async function startPostmaster(location: ClusterLocation, argv: string[], logFile: string): Promise<Postmaster> {
  const logHandle = openLog(logFile, location);
  const child = spawn('/bin/sh', ['-c', GUARDED_EXEC, location.postgres, ...argv], {
    ...location.account,
    stdio: ['ignore', logHandle, logHandle, 'pipe'],
    detached: true,
    cwd: '/',
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' },
  });
  closeSync(logHandle);
  const guard = child.stdio[3] as Writable;
  guard.on('error', () => undefined);
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('error', () => {
      resolve({ code: null, signal: null });
    });
    child.once('exit', (code, signal) => {
      guard.end('gone\n');
      resolve({ code, signal });
    });
  });
  const postmaster: Postmaster = { pid: child.pid ?? 0, exited, stop: () => stopChild(child, exited) };
  try {
    await waitUntilReady(location.clusterDir, child, logFile);
  } catch (error) {
    await postmaster.stop();
    throw error;
  }
  return postmaster;
}

function openLog(logFile: string, { account }: ClusterLocation): number {
  const large = (statSync(logFile, { throwIfNoEntry: false })?.size ?? 0) > MAX_LOG_BYTES;
  const handle = openSync(logFile, large ? 'w' : 'a', 0o600);
  if (account) chownSync(logFile, account.uid, account.gid);
  return handle;
}

async function waitUntilReady(clusterDir: string, child: ChildProcess, logFile: string): Promise<void> {
  const deadline = systemClock.monotonicMs() + READY_TIMEOUT_MS;
  while (systemClock.monotonicMs() < deadline) {
    const state = readPostmasterPid(clusterDir);
    if (state?.pid === child.pid && state?.status === 'ready') return;
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) {
      throw new EmbeddedPostgresError(`PostgreSQL exited during start-up; the end of ${logFile}:\n${tail(logFile)}`);
    }
    await systemClock.sleep(POLL_MS);
  }
  throw new EmbeddedPostgresError(`PostgreSQL was not ready within ${READY_TIMEOUT_MS / 1000} s; see ${logFile}`);
}

async function stopChild(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  for (const { signal, waitMs } of STOP_STEPS) {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    const timer = new AbortController();
    await Promise.race([exited, systemClock.sleep(waitMs, timer.signal).catch(() => undefined)]);
    timer.abort();
  }
}

const tail = (logFile: string): string => readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-8).join('\n');
