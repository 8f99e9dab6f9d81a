import type { BreakerStore } from '@pressroom/db';
import { retryWhileStoreUnavailable, type WorkerSession } from '@pressroom/engine';
import type { SharedBreakers } from '@pressroom/llm';
import type { Clock, Logger } from '@pressroom/runtime';

/**
 * The gateway's breakers, shared through the database; probes belong to this process's session. A call that needs a probe
 * waits while the database is unavailable, as it would for its reservation.
 */
export const createSharedBreakers = (
  store: BreakerStore,
  session: Pick<WorkerSession, 'id'>,
  deps: { clock: Clock; log: Logger },
): SharedBreakers => ({
  report: (calls, thresholds) => store.report(calls, thresholds),
  takeProbe: async (key, maxMs) => {
    const event = 'breaker.probe_waits';
    const answer = await retryWhileStoreUnavailable(() => store.takeProbe(key, session.id, maxMs), { ...deps, event });
    // The wait is cancelled only through a signal.
    return answer ?? { outcome: 'wait', openForMs: 0 };
  },
  endProbe: (key, state, openMs) => store.endProbe(key, session.id, state, openMs),
});
