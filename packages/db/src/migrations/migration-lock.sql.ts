import type { Client } from 'pg';

import { systemClock } from '@pressroom/runtime';

/** An arbitrary number, different from Prisma's migration lock. */
const LOCK_KEY = 4_400_202_601n;
const POLL_MS = 100;

/**
 * Runs `work` in one process at a time. Polls for the lock: a waiting `pg_advisory_lock` would hold a snapshot, for which a
 * `CREATE INDEX CONCURRENTLY` in the migration would wait for ever.
 */
export async function withMigrationLock<T>(client: Client, work: () => Promise<T>): Promise<T> {
  for (;;) {
    const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [LOCK_KEY]);
    if (rows[0]?.locked === true) break;
    await systemClock.sleep(POLL_MS);
  }
  try {
    return await work();
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [LOCK_KEY]);
  }
}
