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
 * Claims `path` for this process. A lock whose owner no longer runs (killed, or the machine restarted) is taken over, so
 * a crash never blocks the next start. `release` is idempotent and leaves a lock alone that is no longer ours.
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

/** Hard-linking a complete file is atomic: nobody ever reads a lock that is half written. */
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

/** Moves the dead owner's lock away; what was moved may by then be a newer owner's, which is put back. */
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
