import type { QueryResultRow } from 'pg';
import type { Statement } from '../connection/database.ts';
import { toJsonb } from '../connection/to-jsonb.ts';
import type { OpenBreaker } from '../fleet/breaker-store.sql.ts';

export interface HeldAttempt {
  stepId: string;
  attempt: number;
}

export interface Heartbeat {
  /** False after the reaper has ended the session: all its leases are lost, and the worker must open a new session. */
  alive: boolean;
  /** Held attempts whose lease is lost: cancelled, past a deadline, or acquired by another session. */
  lost: HeldAttempt[];
  /** Attempts that the database assigns to this session and that are not among `held`. */
  orphans: HeldAttempt[];
  /** Queues with due ready steps, and paused queues: freed steps of these become `ready`. */
  queuesWithBacklog: string[];
  /** Live worker processes, this one included; for limits that are divided among them. */
  liveWorkers: number;
  /** Open circuit breakers, shared by all workers. */
  breakers: OpenBreaker[];
}

/** A worker's throughput by queue: attempts finished per minute, and their mean duration. */
export type SessionRates = Readonly<Record<string, { perMinute: number; meanMs: number }>>;

/** One heartbeat of a session. */
export interface Renewal {
  sessionId: string;
  /** New lifetime of the session in milliseconds, by the database's clock. */
  ttlMs: number;
  held: readonly HeldAttempt[];
  /** Queues to check for a backlog. */
  queues: readonly string[];
  rates: SessionRates;
}

const HEARTBEAT: Statement = {
  name: 'sessions.heartbeat',
  text: `
    WITH renewed_session AS (
      UPDATE worker_session SET last_seen_at = now(), expires_at = now() + $2 * interval '1 ms', active = $5, rates = $7::jsonb
      WHERE id = $1 RETURNING id
    )
    SELECT EXISTS (SELECT 1 FROM renewed_session) AS alive,
      (SELECT coalesce(jsonb_agg(jsonb_build_object('stepId', h.step_id, 'attempt', h.attempt)), '[]')
       FROM unnest($3::uuid[], $4::int[]) AS h(step_id, attempt)
       WHERE NOT EXISTS (SELECT 1 FROM step s WHERE s.id = h.step_id AND s.attempt = h.attempt AND s.status = 'running'
                         AND s.session_id = $1)) AS lost,
      (SELECT coalesce(jsonb_agg(jsonb_build_object('stepId', s.id, 'attempt', s.attempt)), '[]') FROM step s
       WHERE s.status = 'running' AND s.session_id = $1 AND s.id <> ALL ($3::uuid[])) AS orphans,
      (SELECT coalesce(array_agg(q.name), '{}') FROM unnest($6::text[]) AS q(name)
       WHERE (SELECT true FROM step s WHERE s.status = 'ready' AND s.queue = q.name AND s.available_at <= pressroom_now() LIMIT 1)
         OR EXISTS (SELECT 1 FROM queue_state z WHERE z.name = q.name AND z.paused)) AS "queuesWithBacklog",
      (SELECT count(*) FROM worker_session w WHERE w.expires_at > now())::int AS "liveWorkers",
      (SELECT coalesce(jsonb_agg(jsonb_build_object('provider', b.provider, 'model', b.model,
          'openForMs', greatest(0, ceil(extract(epoch FROM b.open_until - now()) * 1000)),
          'probing', b.probe_session IS NOT NULL AND b.probe_until > now())), '[]')
       FROM breaker b WHERE b.state = 'open') AS breakers`,
};

/**
 * Renews a session and reads lost and orphaned attempts, backlogs and breakers for its worker. Idempotent. Imports no store
 * and no Prisma, because the heartbeat thread loads this file.
 */
export async function renewSession(
  run: <Row extends QueryResultRow>(statement: Statement, values: readonly unknown[]) => Promise<Row[]>,
  { sessionId, ttlMs, held, queues, rates }: Renewal,
): Promise<Heartbeat> {
  const [row] = await run<Heartbeat & QueryResultRow>(HEARTBEAT, [
    sessionId,
    ttlMs,
    held.map((attempt) => attempt.stepId),
    held.map((attempt) => attempt.attempt),
    held.length,
    queues,
    toJsonb(rates),
  ]);
  return row ?? { alive: false, lost: [], orphans: [], queuesWithBacklog: [], liveWorkers: 1, breakers: [] };
}
