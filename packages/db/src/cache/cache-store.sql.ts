import type { Database, Statement } from '../connection/database.ts';
import { toJsonb } from '../connection/to-jsonb.ts';

/** Key of a cached reply. The tenant is part of the primary key, so that no other tenant can read it. */
export interface CacheKey {
  tenantId: string;
  scope: string;
  /** SHA-256 (hex). */
  key: string;
}

export interface CacheStore {
  /** Undefined when there is none or it has expired. */
  find(key: CacheKey): Promise<unknown>;
  /**
   * Stores a value for `ttlMs`, replacing one with the same key, and removes some expired entries. Stores nothing when the
   * content of its task was deleted during the call.
   *
   * @param entry.taskId task whose content the value was derived from
   */
  save(entry: CacheKey & { taskId: string; value: unknown; ttlMs: number }): Promise<void>;
}

/** Expired entries removed per stored one: more than are added, so that none stays long. */
const MAX_SWEPT = 20;

const FIND: Statement = {
  name: 'cache.find',
  text: `SELECT value FROM cache_entry WHERE tenant_id = $1 AND scope = $2 AND key = $3 AND expires_at > pressroom_now()`,
};
const SAVE: Statement = {
  name: 'cache.save',
  text: `WITH removed_entries AS (
           DELETE FROM cache_entry WHERE ctid IN (
             SELECT ctid FROM cache_entry
             WHERE expires_at <= pressroom_now() AND (tenant_id, scope, key) <> ($1::uuid, $2::text, $3::text)
             ORDER BY expires_at LIMIT ${MAX_SWEPT} FOR UPDATE SKIP LOCKED)
         )
         INSERT INTO cache_entry (tenant_id, scope, key, value, task_id, expires_at)
         SELECT $1::uuid, $2::text, $3::text, $4::jsonb, $5::uuid, pressroom_now() + $6 * interval '1 ms'
         WHERE NOT EXISTS (SELECT 1 FROM task t WHERE t.id = $5::uuid AND t.content_deleted_at IS NOT NULL)
         ON CONFLICT (tenant_id, scope, key) DO UPDATE
           SET value = excluded.value, task_id = excluded.task_id, created_at = pressroom_now(), expires_at = excluded.expires_at`,
};

export function createCacheStore(database: Database): CacheStore {
  return {
    async find({ tenantId, scope, key }) {
      const [row] = await database.run<{ value: unknown }>(FIND, [tenantId, scope, key]);
      return row?.value;
    },
    async save({ tenantId, scope, key, taskId, value, ttlMs }) {
      await database.run(SAVE, [tenantId, scope, key, toJsonb(value), taskId, ttlMs]);
    },
  };
}
