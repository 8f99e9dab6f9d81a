import { describe, expect, it } from 'vitest';

import { createGate } from './gate.ts';

const never = new AbortController().signal;

describe('createGate', () => {
  it('resolves while open, blocks while shut, and releases all waiters on opening', async () => {
    const gate = createGate();
    await gate.whenOpen(never);
    gate.shut();
    let passed = 0;
    const waiting = [1, 2].map(() => gate.whenOpen(never).then(() => (passed += 1)));
    await new Promise(setImmediate);
    expect(passed).toBe(0);
    gate.open();
    await Promise.all(waiting);
    expect(passed).toBe(2);
  });

  it('rejects with the reason of the aborted signal', async () => {
    const gate = createGate();
    gate.shut();
    const stop = new AbortController();
    const waiting = gate.whenOpen(stop.signal);
    stop.abort(new Error('stopped'));
    await expect(waiting).rejects.toThrow('stopped');
  });
});
