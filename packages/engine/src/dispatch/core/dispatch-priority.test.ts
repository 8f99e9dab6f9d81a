import { describe, expect, it } from 'vitest';

import { dispatchPriority } from './dispatch-priority.ts';

describe('dispatchPriority', () => {
  const first = { hasStarted: false, interrupted: false };
  const started = { hasStarted: true, interrupted: false };
  const interrupted = { hasStarted: true, interrupted: true };

  it('ranks interrupted steps before steps of started tasks, and these before first steps', () => {
    expect(dispatchPriority(9, started)).toBeLessThan(dispatchPriority(1, first));
    expect(dispatchPriority(9, interrupted)).toBeLessThan(dispatchPriority(1, started));
  });

  it('is never 0, which the queue store runs first', () => {
    expect(dispatchPriority(1, interrupted)).toBeGreaterThanOrEqual(1);
  });
});
