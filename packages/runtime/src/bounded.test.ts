import { describe, expect, it } from 'vitest';

import { bounded } from './bounded.ts';

describe('bounded', () => {
  it('gives the result of work that is done in time', async () => {
    await expect(bounded(Promise.resolve('done'), 1_000, () => new Error('late'))).resolves.toBe('done');
  });

  it('passes on the failure of the work', async () => {
    await expect(bounded(Promise.reject(new Error('broken')), 1_000, () => new Error('late'))).rejects.toThrow(
      'broken',
    );
  });

  it('gives up on work that never settles', async () => {
    await expect(bounded(new Promise(() => undefined), 1, () => new Error('late'))).rejects.toThrow('late');
  });
});
