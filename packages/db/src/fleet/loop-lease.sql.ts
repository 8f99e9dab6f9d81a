import { type Clock, systemClock } from '@pressroom/runtime';

import type { Database, Statement } from '../connection/database.ts';

const TAKE: Statement = {
  name: 'loops.take',
  text: `INSERT INTO loop_lease (name, holder, fence, expires_at) VALUES ($1, $2, 1, now() + $3 * interval '1 ms')
         ON CONFLICT (name) DO UPDATE SET holder = $2, expires_at = now() + $3 * interval '1 ms',
           fence = loop_lease.fence + (loop_lease.holder <> $2)::int
         WHERE loop_lease.holder = $2 OR loop_lease.expires_at < now()
         RETURNING fence`,
};
const RELEASE: Statement = { name: 'loops.release', text: `DELETE FROM loop_lease WHERE holder = $1` };

export interface LoopLeaseStore {
  /**
   * Acquires or renews the lease of a singleton loop; returns whether `holder` has it. A holder that pauses for longer than the
   * TTL loses it. The lease is renewed after half of the TTL; until then the call does not query the database.
   */
  take(name: string, holder: string, ttlMs: number): Promise<boolean>;
  releaseAll(holder: string): Promise<void>;
}

export function createLoopLeaseStore(database: Database, clock: Clock = systemClock): LoopLeaseStore {
  const heldUntilMs = new Map<string, number>();
  return {
    async take(name, holder, ttlMs) {
      const key = `${name} ${holder}`;
      const startedMs = clock.monotonicMs();
      if (startedMs < (heldUntilMs.get(key) ?? -Infinity)) return true;
      const isTaken = (await database.run(TAKE, [name, holder, ttlMs])).length > 0;
      heldUntilMs.set(key, isTaken ? startedMs + ttlMs / 2 : -Infinity);
      return isTaken;
    },
    async releaseAll(holder) {
      heldUntilMs.clear();
      await database.run(RELEASE, [holder]);
    },
  };
}
