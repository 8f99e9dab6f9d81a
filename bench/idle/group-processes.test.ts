import { describe, expect, it } from 'vitest';

import { groupOf, groupProcesses, type ProcessFigures } from './group-processes.ts';

const aProcess = (pid: number, command: string, pssKiB: number, cpuMs: number): ProcessFigures => ({
  pid,
  parent: 1,
  command,
  pssKiB,
  cpuMs,
});

describe('groupOf', () => {
  it.each([
    ['/w/node_modules/node/bin/node --flag /w/apps/worker/src/main.ts', 'worker'],
    ['postgres: autovacuum launcher ', 'postgres'],
    ['/x/native/bin/postgres -D /data', 'postgres'],
    ['node scripts/launch.mjs start', 'launcher'],
    ['npm start', 'npm'],
    ['sleep 1', 'other'],
  ])('knows %s', (command, group) => {
    expect(groupOf(command)).toBe(group);
  });
});

describe('groupProcesses', () => {
  it('sums sizes and the CPU time between two samples, including that of new processes', () => {
    const before = [aProcess(1, 'apps/worker/src/main.ts', 999, 100)];
    const after = [
      aProcess(1, 'apps/worker/src/main.ts', 1_024, 130),
      aProcess(2, 'apps/worker/src/main.ts', 2_048, 7),
    ];
    expect(groupProcesses(before, after)).toEqual([{ group: 'worker', processes: 2, pssMiB: 3, cpuMs: 37 }]);
  });
});
