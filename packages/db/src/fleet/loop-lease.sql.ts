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
  /** Takes or renews the right to run a singleton loop. A holder that stops for longer than the TTL loses it. */
  take(name: string, holder: string, ttlMs: number): Promise<boolean>;
  releaseAll(holder: string): Promise<void>;
}

export function createLoopLeaseStore(database: Database): LoopLeaseStore {
  return {
    async take(name, holder, ttlMs) {
      return (await database.run(TAKE, [name, holder, ttlMs])).length > 0;
    },
    async releaseAll(holder) {
      await database.run(RELEASE, [holder]);
    },
  };
}
