import { describe, expect, it } from 'vitest';

import { parseProcessStat, sumTree } from './cpu-of-tree.ts';

describe('parseProcessStat', () => {
  it('sums user and system time of the process and of its reaped children', () => {
    const line = '42 (postgres) S 7 42 42 0 -1 4194560 3021 91 0 0 11 22 300 400 20 0 1 0 5017 2273280 391';
    expect(parseProcessStat(line)).toEqual({ pid: 42, parent: 7, cpuMs: 7_330 });
  });

  it('parses a command with spaces and parentheses', () => {
    const line = '42 (a (b) c) R 7 42 42 0 -1 4194560 3021 91 0 0 1 2 3 4 20 0 1 0 5017 2273280 391';
    expect(parseProcessStat(line)).toEqual({ pid: 42, parent: 7, cpuMs: 100 });
  });
});

describe('sumTree', () => {
  const stats = [
    { pid: 1, parent: 0, cpuMs: 1_000 },
    { pid: 10, parent: 1, cpuMs: 100 },
    { pid: 11, parent: 10, cpuMs: 20 },
    { pid: 12, parent: 11, cpuMs: 3 },
    { pid: 20, parent: 1, cpuMs: 7_000 },
  ];

  it('counts a process with its descendants and no other process', () => {
    expect(sumTree(10, stats)).toBe(123);
  });

  it('returns 0 for a missing process', () => {
    expect(sumTree(99, stats)).toBe(0);
  });
});
