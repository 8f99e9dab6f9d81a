import { setImmediate } from 'node:timers';
import { describe, expect, it } from 'vitest';
import { inTurn } from './in-turn.ts';

describe('inTurn', () => {
  it('runs one piece of work per iteration of the event loop, in order', async () => {
    const log: string[] = [];
    const watch = (): void => {
      log.push('|');
      if (log.length < 20) setImmediate(watch);
    };
    setImmediate(watch);
    await Promise.all(['a', 'b', 'c'].map((name) => inTurn(() => log.push(name))));
    expect(log.join('')).toMatch(/^\|*a\|+b\|+c/);
  });

  it('rejects with the error of the work and runs the next work', async () => {
    const failing = inTurn(() => {
      throw new Error('broken');
    });
    const next = inTurn(() => 'done');
    await expect(failing).rejects.toThrow('broken');
    expect(await next).toBe('done');
  });
});
