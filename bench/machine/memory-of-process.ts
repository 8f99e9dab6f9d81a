import { readFileSync } from 'node:fs';

/**
 * Proportional set size of a process in KiB: its own pages plus its share of shared pages, so that sizes of processes can be
 * summed. `undefined` when it has ended or belongs to another account.
 */
export function readPssKiB(pid: number): number | undefined {
  try {
    return parsePssKiB(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Parses `/proc/<pid>/smaps_rollup`; see proc_pid_smaps(5). */
export function parsePssKiB(text: string): number | undefined {
  const kibibytes = /^Pss:\s+(\d+) kB$/m.exec(text)?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes);
}
