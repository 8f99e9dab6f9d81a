import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts CPU time in ticks of USER_HZ, which is 100 on every architecture that Node runs on. */
const TICK_MS = 10;

export interface ProcessStat {
  pid: number;
  parent: number;
  /** CPU time of the process and of its reaped children. */
  cpuMs: number;
}

/** Parses `/proc/<pid>/stat`; see proc_pid_stat(5). The command may contain spaces and parentheses. */
export function parseProcessStat(text: string): ProcessStat {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]);
  return {
    pid: Number.parseInt(text, 10),
    parent: field(4),
    cpuMs: (field(14) + field(15) + field(16) + field(17)) * TICK_MS,
  };
}

/** CPU milliseconds used so far by a process and all its descendants. */
export function sumTree(root: number, all: readonly ProcessStat[]): number {
  const byParent = Map.groupBy(all, (stat) => stat.parent);
  const own = all.find((stat) => stat.pid === root);
  const below = (pid: number): number =>
    (byParent.get(pid) ?? []).reduce((sum, child) => sum + child.cpuMs + below(child.pid), 0);
  return (own?.cpuMs ?? 0) + below(root);
}

/** All current processes of the machine. */
export function readProcesses(): ProcessStat[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        return [parseProcessStat(readFileSync(`/proc/${name}/stat`, 'utf8'))];
      } catch {
        // It ended in the meantime.
        return [];
      }
    });
}

/** CPU milliseconds used by the whole machine since its start, without steal and I/O wait. */
export function machineBusyMs(): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0] = readFileSync('/proc/stat', 'utf8')
    .split('\n', 1)
    .join('')
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softIrq) * TICK_MS;
}
