import { describe, expect, it } from 'vitest';

import { bounded } from './bounded.ts';

describe('bounded', () => {
  it('resolves with the result of work that ends in time', async () => {
    await expect(bounded(Promise.resolve('done'), 1_000, () => new Error('late'))).resolves.toBe('done');
  });

  it('rejects with the error of the work', async () => {
    await expect(bounded(Promise.reject(new Error('broken')), 1_000, () => new Error('late'))).rejects.toThrow(
      'broken',
    );
  });

  it('times out when the work never settles', async () => {
    await expect(bounded(new Promise(() => undefined), 1, () => new Error('late'))).rejects.toThrow('late');
  });
});
