import type { BreakerStore } from '@pressroom/db';
import type { WorkerSession } from '@pressroom/engine';
import type { SharedBreakers } from '@pressroom/llm';

/** The gateway's breakers on the fleet's, with probes in the name of this process's session. */
export const createSharedBreakers = (store: BreakerStore, session: Pick<WorkerSession, 'id'>): SharedBreakers => ({
  report: (calls, thresholds) => store.report(calls, thresholds),
  takeProbe: (key, maxMs) => store.takeProbe(key, session.id, maxMs),
  endProbe: (key, state, openMs) => store.endProbe(key, session.id, state, openMs),
});
