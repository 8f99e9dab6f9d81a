import type { DeadLetterState } from '@pressroom/contracts';
import { newId } from '@pressroom/runtime';

import { insertAudit, type Actor } from '../audit/audit-store.sql.ts';
import type { Database, Statement } from '../connection/database.ts';
import { toJsonb } from '../connection/to-jsonb.ts';

export type DiscardOutcome =
  { outcome: 'discarded' } | { outcome: 'not_found' } | { outcome: 'already_ended'; state: DeadLetterState };

/** An unreadable queue job. */
export interface UnreadableJob {
  queue: string;
  agent: string;
  jobId: string;
  /** The job's data, truncated and redacted. */
  excerpt: string;
  bytes: number;
  message: string;
  fingerprint: string;
}

/** Number of a tenant's dead letters in a window and in the previous one. */
export interface DeadLetterGrowth {
  tenantId: string | null;
  current: number;
  previous: number;
}

/** Discards and counts dead letters. Task transitions insert them, and task restarts redrive them. */
export interface DeadLetterStore {
  /** Discards a dead letter and writes an audit row in the same statement. */
  discard(id: string, tenantId: string | null, reason: string, actor: Actor): Promise<DiscardOutcome>;
  /** Discards the open ones for a bulk operation; returns how many of them that operation has discarded, now or before. */
  discardBatch(ids: readonly string[], reason: string, actor: Actor, operationId: string): Promise<number>;
  recordUnreadableJob(job: UnreadableJob): Promise<void>;
  countOpen(): Promise<number>;
  /** By tenant, for tenants with dead letters in the current window. */
  growth(windowMs: number): Promise<DeadLetterGrowth[]>;
  /** The most frequent causes in a window; a `tenantId` of undefined means all tenants. */
  causes(
    windowMs: number,
    tenantId: string | null | undefined,
    limit: number,
  ): Promise<{ fingerprint: string; errorCode: string; count: number }[]>;
}

const DISCARD: Statement = {
  name: 'dead_letters.discard',
  text: `UPDATE dead_letter SET state = 'discarded', ended_at = pressroom_now(), ended_by = $3, reason = $4
         WHERE id = $1 AND ($2::uuid IS NULL OR tenant_id = $2) AND state = 'open'
         RETURNING tenant_id AS "tenantId", task_id AS "taskId", fingerprint`,
};
const STATE: Statement = {
  name: 'dead_letters.state',
  text: `SELECT state FROM dead_letter WHERE id = $1 AND ($2::uuid IS NULL OR tenant_id = $2)`,
};
const DISCARD_BATCH: Statement = {
  name: 'dead_letters.discard_batch',
  // Locks rows ordered by id, like a redrive does for those of its task.
  text: `WITH locked_letters AS (SELECT id FROM dead_letter WHERE id = ANY ($1::uuid[]) AND state = 'open' ORDER BY id FOR UPDATE),
         ended AS (
           UPDATE dead_letter d SET state = 'discarded', ended_at = pressroom_now(), ended_by = $2, reason = $3, operation_id = $4
           FROM locked_letters c WHERE d.id = c.id RETURNING d.id)
         SELECT ((SELECT count(*) FROM ended)
           + (SELECT count(*) FROM dead_letter WHERE id = ANY ($1::uuid[]) AND operation_id = $4))::int AS count`,
};
const UNREADABLE: Statement = {
  name: 'dead_letters.unreadable_job',
  text: `INSERT INTO dead_letter (id, agent, error_code, message, fingerprint, attempts, payload, created_at)
         VALUES ($1, $2, 'JOB_MALFORMED', $3, $4, 0, $5::jsonb, pressroom_now())`,
};
const COUNT_OPEN: Statement = {
  name: 'dead_letters.count_open',
  text: `SELECT count(*)::int AS count FROM dead_letter WHERE state = 'open'`,
};
const GROWTH: Statement = {
  name: 'dead_letters.growth',
  text: `SELECT tenant_id AS "tenantId", count(*) FILTER (WHERE created_at >= pressroom_now() - $1 * interval '1 ms')::int AS current,
           count(*) FILTER (WHERE created_at < pressroom_now() - $1 * interval '1 ms')::int AS previous
         FROM dead_letter WHERE created_at >= pressroom_now() - 2 * $1 * interval '1 ms'
         GROUP BY tenant_id HAVING count(*) FILTER (WHERE created_at >= pressroom_now() - $1 * interval '1 ms') > 0`,
};
const CAUSES: Statement = {
  name: 'dead_letters.causes',
  text: `SELECT fingerprint, min(error_code) AS "errorCode", count(*)::int AS count FROM dead_letter
         WHERE created_at >= pressroom_now() - $1 * interval '1 ms' AND ($2 OR tenant_id IS NOT DISTINCT FROM $3::uuid)
         GROUP BY fingerprint ORDER BY count(*) DESC, fingerprint LIMIT $4`,
};
export function createDeadLetterStore(database: Database): DeadLetterStore {
  return {
    discard: (id, tenantId, reason, actor) =>
      database.transaction(async (query): Promise<DiscardOutcome> => {
        const [ended] = await query<{ tenantId: string | null; taskId: string | null; fingerprint: string }>(DISCARD, [
          id,
          tenantId,
          actor.keyId,
          reason,
        ]);
        if (!ended) {
          const [found] = await query<{ state: DeadLetterState }>(STATE, [id, tenantId]);
          return found ? { outcome: 'already_ended', state: found.state } : { outcome: 'not_found' };
        }
        const { tenantId: owner, taskId, fingerprint } = ended;
        await insertAudit(query, [
          {
            actor,
            tenantId: owner,
            action: 'dead_letter.discard',
            target: { kind: 'dead_letter', id },
            data: { taskId, fingerprint, reason },
          },
        ]);
        return { outcome: 'discarded' };
      }),
    async discardBatch(ids, reason, actor, operationId) {
      const [row] = await database.transaction((query) =>
        query<{ count: number }>(DISCARD_BATCH, [ids, actor.keyId, reason, operationId]),
      );
      return row?.count ?? 0;
    },
    async recordUnreadableJob({ queue, agent, jobId, excerpt, bytes, message, fingerprint }) {
      await database.run(UNREADABLE, [newId(), agent, message, fingerprint, toJsonb({ queue, jobId, bytes, excerpt })]);
    },
    async countOpen() {
      const [row] = await database.read<{ count: number }>(COUNT_OPEN, []);
      return row?.count ?? 0;
    },
    growth: (windowMs) => database.read<DeadLetterGrowth & Record<string, unknown>>(GROWTH, [windowMs]),
    causes: (windowMs, tenantId, limit) =>
      database.read(CAUSES, [windowMs, tenantId === undefined, tenantId ?? null, limit]),
  };
}
