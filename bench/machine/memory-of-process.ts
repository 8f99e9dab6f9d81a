import { readFileSync } from 'node:fs';

/**
 * Proportional set size of a process in KiB: its own pages, plus its share of those that others map too, so that sizes of
 * processes add up. `undefined` when it has ended or belongs to another account.
 */
export function readPssKiB(pid: number): number | undefined {
  try {
    return parsePssKiB(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
  } catch {
    return undefined;
  }
}

/** One `/proc/<pid>/smaps_rollup`; see proc_pid_smaps(5). */
export function parsePssKiB(text: string): number | undefined {
  const kibibytes = /^Pss:\s+(\d+) kB$/m.exec(text)?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes);
}
