import { describe, expect, it } from 'vitest';
import { chooseResize } from './choose-resize.ts';

const aPart = (part: string, count: number, words: number) => ({
  part,
  heading: 'H',
  markdown: 'word '.repeat(count),
  words,
});

describe('chooseResize', () => {
  it('lengthens the section that is furthest below its budget by the missing words', () => {
    const parts = [aPart('lead', 10, 40), aPart('1', 100, 100), aPart('2', 80, 120)];
    expect(chooseResize(parts, 240)).toEqual({ part: parts[2], words: 130 });
  });

  it('shortens the section that is furthest above its budget', () => {
    const parts = [aPart('lead', 40, 40), aPart('1', 100, 100), aPart('2', 160, 100)];
    expect(chooseResize(parts, 240)).toEqual({ part: parts[2], words: 100 });
  });

  it('at most doubles or halves a section', () => {
    expect(chooseResize([aPart('1', 50, 100)], 400)?.words).toBe(100);
    expect(chooseResize([aPart('1', 500, 100)], 100)?.words).toBe(250);
  });

  it('never chooses the lead', () => {
    expect(chooseResize([aPart('lead', 10, 100)], 100)).toBeUndefined();
  });
});
