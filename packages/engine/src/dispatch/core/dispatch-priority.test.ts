import { describe, expect, it } from 'vitest';

import { dispatchPriority } from './dispatch-priority.ts';

describe('dispatchPriority', () => {
  const first = { begun: false, interrupted: false };
  const begun = { begun: true, interrupted: false };
  const interrupted = { begun: true, interrupted: true };

  it('puts every step of a begun task before every first step, and what was interrupted before either', () => {
    expect(dispatchPriority(9, begun)).toBeLessThan(dispatchPriority(1, first));
    expect(dispatchPriority(9, interrupted)).toBeLessThan(dispatchPriority(1, begun));
  });

  it('is never 0, which the queue store would run first', () => {
    expect(dispatchPriority(1, interrupted)).toBeGreaterThanOrEqual(1);
  });
});
