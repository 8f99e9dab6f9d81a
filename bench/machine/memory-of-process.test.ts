import { describe, expect, it } from 'vitest';

import { parsePssKiB, readPssKiB } from './memory-of-process.ts';

describe('parsePssKiB', () => {
  it('returns the proportional size, not its parts', () => {
    const text = '00400000-7ffd0000 ---p 00000000 00:00 0 [rollup]\nRss: 9000 kB\nPss_Anon: 7 kB\nPss:    5120 kB\n';
    expect(parsePssKiB(text)).toBe(5_120);
  });

  it('returns undefined for a process without memory', () => {
    expect(parsePssKiB('')).toBeUndefined();
  });
});

describe('readPssKiB', () => {
  it('returns undefined for a missing process', () => {
    expect(readPssKiB(2 ** 30)).toBeUndefined();
  });
});
