import { bounded, type Metrics } from '@pressroom/runtime';

import type { Readiness } from '../ports.ts';

/** Less than a probe waits, so that a store that hangs is reported and does not hide the state of the other. */
const CHECK_TIMEOUT_MS = 1_000;

/**
 * What a coordinator needs to serve: PostgreSQL alone. Without the queue store it accepts tasks and answers, and only their
 * dispatch is delayed; if that made every coordinator unready, a load balancer would remove all of them.
 */
export function createReadiness(
  stores: { database: () => Promise<void>; queue: () => Promise<void> },
  metrics?: Metrics,
): Readiness {
  const answers = (ping: () => Promise<void>): Promise<boolean> =>
    bounded(ping(), CHECK_TIMEOUT_MS, () => new Error('timed out')).then(
      () => true,
      () => false,
    );
  const describe = (name: string, ok: boolean, isRequired: boolean) => ({
    name,
    ok,
    isRequired,
    ...(!ok && { detail: 'not reachable' }),
  });
  const gauge = metrics?.gauge(
    'queue_store_reachable',
    'Does the queue store answer this coordinator?',
    [],
    async () => {
      gauge?.set((await answers(stores.queue)) ? 1 : 0);
    },
  );
  return {
    async check() {
      const [database, queue] = await Promise.all([answers(stores.database), answers(stores.queue)]);
      return [describe('database', database, true), describe('queue', queue, false)];
    },
  };
}
