import type { LoopLeaseStore } from '@pressroom/db';
import { newId, type Clock } from '@pressroom/runtime';

/** Share of the lease after which the leader renews it, so that work that starts before fits into the rest. */
const RENEW_AFTER = 0.4;

/** Leader election by named leases in PostgreSQL, for work that only one process may do at a time. */
export interface Leadership {
  /** Whether this process leads. Takes or renews the lease unless it did so recently. */
  leads(name: string): Promise<boolean>;
  /** Renews the lease now. Call it between the statements of long work. */
  renew(name: string): Promise<boolean>;
  /** Runs the work while this process leads; resolves with `undefined` when another one does. */
  asLeader<T>(name: string, work: () => Promise<T>): () => Promise<T | undefined>;
  /** Releases all leases, so that another process can lead at once. Ignores errors, since leases expire. */
  release(): Promise<void>;
}

/** @param ttlMs at least the longest run of the work divided by 0.6 */
export function createLeadership(deps: { leases: LoopLeaseStore; ttlMs: number; clock: Clock }): Leadership {
  const { leases, ttlMs, clock } = deps;
  const holder = newId();
  const takenAtMs = new Map<string, number>();

  const renew = async (name: string): Promise<boolean> => {
    // Measured before the statement, so that the lease in the database never expires earlier.
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
