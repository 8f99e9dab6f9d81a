import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

import { identifyProcess } from '@pressroom/runtime';

export interface PostmasterPid {
  pid: number;
  port: number;
  /** `starting`, `ready`, `stopping`, `standby`, or empty while the file is being written. */
  status: string;
}

/** Reads PostgreSQL's lock file: pid, directory, start, port, socket, address, memory key, status, one a line. */
export function readPostmasterPid(clusterDir: string): PostmasterPid | undefined {
  let text: string;
  try {
    text = readFileSync(join(clusterDir, 'postmaster.pid'), 'utf8');
  } catch {
    return undefined;
  }
  const lines = text.split('\n').map((line) => line.trim());
  const pid = Math.abs(Number(lines[0]));
  if (!Number.isInteger(pid) || pid === 0) return undefined;
  return { pid, port: Number(lines[3] ?? 0), status: lines[7] ?? '' };
}

/** Is `pid` a running PostgreSQL on this directory, not another process that reuses the pid? */
export function isPostmasterOf(pid: number, clusterDir: string): boolean {
  if (identifyProcess(pid) === undefined) return false;
  return hasWorkingDirectory(pid, clusterDir) ?? hasCommandLine(pid, clusterDir);
}

function hasWorkingDirectory(pid: number, clusterDir: string): boolean | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(clusterDir);
  } catch {
    return undefined;
  }
}

function hasCommandLine(pid: number, clusterDir: string): boolean {
  try {
    const command = execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
    return command.includes('postgres') && command.includes(clusterDir);
  } catch {
    return false;
  }
}
