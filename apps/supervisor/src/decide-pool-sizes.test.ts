import { describe, expect, it } from 'vitest';

import { decidePoolSizes } from './decide-pool-sizes.ts';

const advise = (pool: string, desiredReplicas: number, configured = true) => ({
  pool,
  queues: ['draft.batch'],
  configured,
  desiredReplicas,
});
const sizes = (...args: Parameters<typeof decidePoolSizes>) =>
  decidePoolSizes(...args).map(({ pool, workers }) => `${pool} ${workers}`);

describe('decidePoolSizes', () => {
  it('follows the advice, up and down to nothing', () => {
    expect(sizes([advise('all', 3)], 8)).toEqual(['all 3']);
    expect(sizes([advise('all', 0)], 8)).toEqual(['all 0']);
  });

  it('never exceeds what the machine may run', () => {
    expect(sizes([advise('all', 50)], 4)).toEqual(['all 4']);
  });

  it('gives each pool that wants any its first worker before another its second', () => {
    expect(sizes([advise('drafts', 9), advise('rest', 1), advise('idle', 0)], 4)).toEqual([
      'drafts 3',
      'rest 1',
      'idle 0',
    ]);
    expect(sizes([advise('drafts', 9), advise('rest', 9)], 3)).toEqual(['drafts 2', 'rest 1']);
  });

  it('leaves workers that others started to them', () => {
    expect(sizes([advise('found', 2, false)], 4)).toEqual([]);
  });
});
