import type { LoopLeaseStore } from '@pressroom/db';
import { newId, type Clock } from '@pressroom/runtime';

/** Share of its lease that a leader uses before it renews it: what begins then ends well within the rest. */
const RENEW_AFTER = 0.4;

/** One holder's claim to work that a single process does at a time, by named leases in PostgreSQL. */
export interface Leadership {
  /** Whether this process leads: it has taken or renewed the lease, or did so a moment ago. */
  leads(name: string): Promise<boolean>;
  /** Renews the lease now. Call it between the statements of long work. */
  renew(name: string): Promise<boolean>;
  /** Runs the work while this process leads; resolves with `undefined` when another one does. */
  asLeader<T>(name: string, work: () => Promise<T>): () => Promise<T | undefined>;
  /** Gives all leases back, so that another process can lead at once. Errors are ignored: leases expire. */
  release(): Promise<void>;
}

/** @param ttlMs longer than the work of one round lasts, divided by 0.6 */
export function createLeadership(deps: { leases: LoopLeaseStore; ttlMs: number; clock: Clock }): Leadership {
  const { leases, ttlMs, clock } = deps;
  const holder = newId();
  const takenAtMs = new Map<string, number>();

  const renew = async (name: string): Promise<boolean> => {
    // Counted from before the statement: the lease in the database never expires earlier than that.
    const nowMs = clock.monotonicMs();
    const isLeader = await leases.take(name, holder, ttlMs);
    if (isLeader) takenAtMs.set(name, nowMs);
    else takenAtMs.delete(name);
    return isLeader;
  };
  const leads = async (name: string): Promise<boolean> => {
    const takenMs = takenAtMs.get(name);
    const isFresh = takenMs !== undefined && clock.monotonicMs() - takenMs < ttlMs * RENEW_AFTER;
    return isFresh || renew(name);
  };

  return {
    leads,
    renew,
    asLeader: (name, work) => async () => ((await leads(name)) ? work() : undefined),
    async release() {
      takenAtMs.clear();
      await leases.releaseAll(holder).catch(() => undefined);
    },
  };
}
