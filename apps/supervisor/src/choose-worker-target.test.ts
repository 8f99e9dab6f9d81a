import { describe, expect, it } from 'vitest';

import { chooseWorkerTarget } from './choose-worker-target.ts';

const advise = (...replicas: number[]) =>
  replicas.map((desiredReplicas, index) => ({ pool: `p${index}`, desiredReplicas }));

describe('chooseWorkerTarget', () => {
  it('grows at once to what the neediest pool wants', () => {
    expect(chooseWorkerTarget({ workers: 1, lowLooks: 0 }, advise(2, 4), 8)).toEqual({ workers: 4, lowLooks: 0 });
  });

  it('never exceeds the maximum', () => {
    expect(chooseWorkerTarget({ workers: 1, lowLooks: 0 }, advise(50), 4).workers).toBe(4);
  });

  it('shrinks only after several looks in a row, and keeps one', () => {
    let state = { workers: 4, lowLooks: 0 };
    const workers = [0, 0, 0].map((wanted) => (state = chooseWorkerTarget(state, advise(wanted), 8)).workers);
    expect(workers).toEqual([4, 4, 1]);
  });

  it('forgets low looks when need returns', () => {
    const state = chooseWorkerTarget({ workers: 2, lowLooks: 2 }, advise(2), 8);
    expect(state).toEqual({ workers: 2, lowLooks: 0 });
  });

  it('changes nothing without advice', () => {
    expect(chooseWorkerTarget({ workers: 3, lowLooks: 2 }, [], 8)).toEqual({ workers: 3, lowLooks: 2 });
  });
});
