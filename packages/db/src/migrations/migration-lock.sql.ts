import type { Client } from 'pg';

import { systemClock } from '@pressroom/runtime';

/** Any fixed number; Prisma's own migration lock is another one. */
const LOCK_KEY = 4_400_202_601n;
const POLL_MS = 100;

/**
 * Runs `work` while no other process does. Waiters poll: a waiting `pg_advisory_lock` would hold a snapshot, and
 * `CREATE INDEX CONCURRENTLY` in the migration would wait for it forever.
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
