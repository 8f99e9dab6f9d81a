import { describe, expect, it } from 'vitest';
import { createTextMeter } from './text-meter.ts';

const pieces = (text: string, size: number): string[] => text.match(new RegExp(`[\\s\\S]{1,${size}}`, 'g')) ?? [];

describe('createTextMeter', () => {
  /** One token per four characters. */
  const meter = (limitTokens: number) => {
    const counted: string[] = [];
    const isOver = createTextMeter(limitTokens, (text) => {
      counted.push(text);
      return Math.ceil(text.length / 4);
    });
    return { counted, isOver };
  };

  it('does not count while the text has fewer bytes than the limit has tokens', () => {
    const { counted, isOver } = meter(10_000);
    expect(pieces('x'.repeat(10_000), 7).some(isOver)).toBe(false);
    expect(counted).toEqual([]);
  });

  it.each([1, 7, 4_096, 1_000_000])(
    'detects an exceeded limit, at most one piece late, with deltas of %i characters',
    (size) => {
      const { isOver } = meter(1_000);
      let read = 0;
      for (const delta of pieces('x'.repeat(1_000_000), size)) {
        read += delta.length;
        if (isOver(delta)) break;
      }
      expect(read).toBeGreaterThan(4_000);
      expect(read).toBeLessThanOrEqual(4_000 + 4_096 + size);
    },
  );

  it('counts every character once', () => {
    const { counted, isOver } = meter(100);
    const text = 'tide '.repeat(2_000);
    for (const delta of pieces(text, 13)) isOver(delta);
    expect(text.startsWith(counted.join(''))).toBe(true);
  });
});
