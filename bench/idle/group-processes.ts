import type { ProcessStat } from '../machine/cpu-of-tree.ts';

export interface ProcessFigures extends ProcessStat {
  command: string;
  pssKiB: number;
}

export interface GroupFigures {
  group: string;
  processes: number;
  pssMiB: number;
  cpuMs: number;
}

/** Group of a process, by its command line; PostgreSQL's backends are one group. */
export function groupOf(command: string): string {
  const app = /apps\/(\w+)\/src\/main\.ts/.exec(command)?.[1];
  if (app !== undefined) return app;
  if (/postgres/.test(command)) return 'postgres';
  if (/launch\.mjs/.test(command)) return 'launcher';
  return /\bnpm\b/.test(command) ? 'npm' : 'other';
}

/** Sums processes by group, largest first. `cpuMs` is the difference of the two samples. Pure. */
export function groupProcesses(before: readonly ProcessFigures[], after: readonly ProcessFigures[]): GroupFigures[] {
  const earlier = new Map(before.map(({ pid, cpuMs }) => [pid, cpuMs]));
  const groups = new Map<string, GroupFigures>();
  for (const { pid, command, pssKiB, cpuMs } of after) {
    const name = groupOf(command);
    const group = groups.get(name) ?? { group: name, processes: 0, pssMiB: 0, cpuMs: 0 };
    group.processes += 1;
    group.pssMiB += pssKiB / 1_024;
    // A process started between the samples has used all its CPU time between them.
    group.cpuMs += cpuMs - (earlier.get(pid) ?? 0);
    groups.set(name, group);
  }
  return [...groups.values()].sort((a, b) => b.pssMiB - a.pssMiB);
}
