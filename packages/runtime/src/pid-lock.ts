import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { identifyProcess } from './process-identity.ts';

export type PidLock = { acquired: true; release: () => void } | { acquired: false; ownerPid: number };

interface Owner {
  pid: number;
  identity: string;
}

const ATTEMPTS = 5;

/**
 * Acquires the lock file `path` for this process. Takes over the lock of a process that no longer runs (killed, or the
 * machine restarted), so that a crash never blocks the next start. `release` is idempotent and does not remove a lock of
 * another process.
 */
export function acquirePidLock(path: string): PidLock {
  mkdirSync(dirname(path), { recursive: true });
  const mine = JSON.stringify({ pid: process.pid, identity: identifyProcess(process.pid) ?? 'unknown' });
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (createExclusively(path, mine))
      return {
        acquired: true,
        release: () => {
          releaseIfMine(path, mine);
        },
      };
    const held = readText(path);
    if (held === undefined) continue;
    const owner = parseOwner(held);
    if (owner !== undefined && identifyProcess(owner.pid) === owner.identity) {
      return { acquired: false, ownerPid: owner.pid };
    }
    discardStale(path, held);
  }
  return { acquired: false, ownerPid: parseOwner(readText(path) ?? '')?.pid ?? 0 };
}

/** Hard-linking a complete file is atomic: no reader sees a partial lock. */
function createExclusively(path: string, content: string): boolean {
  const draft = `${path}.${randomUUID()}`;
  writeFileSync(draft, content, { mode: 0o644 });
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Moves a stale lock away. If a new owner replaced it meanwhile, its lock is moved back. */
function discardStale(path: string, stale: string): void {
  const aside = `${path}.${randomUUID()}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const moved = readText(aside);
  if (moved !== undefined && moved !== stale) createExclusively(path, moved);
  rmSync(aside, { force: true });
}

function releaseIfMine(path: string, mine: string): void {
  if (readText(path) === mine) rmSync(path, { force: true });
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parseOwner(text: string): Owner | undefined {
  try {
    const { pid, identity } = JSON.parse(text) as Partial<Owner>;
    return typeof pid === 'number' && typeof identity === 'string' ? { pid, identity } : undefined;
  } catch {
    return undefined;
  }
}
