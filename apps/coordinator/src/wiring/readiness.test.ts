import { createMetrics } from '@pressroom/runtime';
import { describe, expect, it } from 'vitest';

import { createReadiness } from './readiness.ts';

const answers = () => Promise.resolve();
const isAway = () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.9:6379'));
const hangs = () => new Promise<void>(() => undefined);

describe('the readiness of a coordinator', () => {
  it.each([
    ['is away', isAway],
    ['hangs', hangs],
  ])('does not depend on the queue store: one that %s is reported', async (_, queue) => {
    expect(await createReadiness({ database: answers, queue }).check()).toEqual([
      { name: 'database', ok: true, isRequired: true },
      { name: 'queue', ok: false, isRequired: false, detail: 'not reachable' },
    ]);
  });

  it('shows in a gauge whether the queue store answers at the time of the scrape', async () => {
    const metrics = createMetrics('pressroom', { processMetrics: false });
    const stores = { database: answers, queue: answers };
    createReadiness({ database: () => stores.database(), queue: () => stores.queue() }, metrics);
    expect((await metrics.serve()).text).toMatch(/^pressroom_queue_store_reachable 1$/m);
    stores.queue = isAway;
    expect((await metrics.serve()).text).toMatch(/^pressroom_queue_store_reachable 0$/m);
  });
});
