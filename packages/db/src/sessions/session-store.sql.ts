import type { Database, Statement } from '../connection/database.ts';
import { renewSession, type HeldAttempt, type Heartbeat, type SessionRates } from './renew-session.sql.ts';

export interface NewSession {
  id: string;
  host: string;
  pid: number;
  queues: readonly string[];
  concurrency: number;
  version: string;
}

export interface LostStep {
  stepId: string;
  taskId: string;
  queue: string;
  losses: number;
}

export interface SessionStore {
  open(session: NewSession, ttlMs: number): Promise<void>;
  /** Renews a session over this store's connections; workers renew theirs from the heartbeat thread. */
  heartbeat(
    sessionId: string,
    ttlMs: number,
    held: readonly HeldAttempt[],
    queues: readonly string[],
    rates?: SessionRates,
  ): Promise<Heartbeat>;
  /** Ends a session in an orderly shutdown: releases its attempts at once, without counting a loss. */
  end(sessionId: string): Promise<void>;
  /** Writes off the open reservations of an attempt whose child process crashed; the attempt stays held. Idempotent. */
  writeOff(sessionId: string, attempt: HeldAttempt): Promise<void>;
  /** Ends expired sessions, releases their steps, and writes off their open reservations as uncertain. */
  reap(): Promise<LostStep[]>;
}

const OPEN: Statement = {
  name: 'sessions.open',
  text: `INSERT INTO worker_session (id, host, pid, queues, concurrency, version, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, now() + $7 * interval '1 ms') ON CONFLICT DO NOTHING`,
};
const END: Statement = { name: 'sessions.end', text: `SELECT count(*) FROM reap_sessions($1)` };
const WRITE_OFF: Statement = { name: 'sessions.write_off', text: `SELECT write_off_attempt($1, $2, $3)` };
const REAP: Statement = { name: 'sessions.reap', text: `SELECT * FROM reap_sessions()` };

export function createSessionStore(database: Database): SessionStore {
  return {
    async open(session, ttlMs) {
      const { id, host, pid, queues, concurrency, version } = session;
      await database.run(OPEN, [id, host, pid, queues, concurrency, version, ttlMs]);
    },
    heartbeat: (sessionId, ttlMs, held, queues, rates = {}) =>
      renewSession((statement, values) => database.run(statement, values), { sessionId, ttlMs, held, queues, rates }),
    async end(sessionId) {
      await database.run(END, [sessionId]);
    },
    async writeOff(sessionId, { stepId, attempt }) {
      await database.run(WRITE_OFF, [sessionId, stepId, attempt]);
    },
    async reap() {
      const rows = await database.run<{ step_id: string; task_id: string; queue: string; losses: number }>(REAP, []);
      return rows.map((row) => ({ stepId: row.step_id, taskId: row.task_id, queue: row.queue, losses: row.losses }));
    },
  };
}
