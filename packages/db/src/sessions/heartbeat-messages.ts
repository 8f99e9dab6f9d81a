import type { HeldAttempt, Heartbeat, SessionRates } from './renew-session.sql.ts';

/** Settings of the heartbeat thread. */
export interface HeartbeatSettings {
  databaseUrl: string;
  applicationName: string;
  sessionId: string;
  queues: readonly string[];
  ttlMs: number;
  periodMs: number;
  /** Silence of the main thread that is reported once it responds again. */
  stallMs: number;
  /** Silence of the main thread after which the thread kills the process. */
  maxStallMs: number;
  /** Name of the process in its logs. */
  logName: string;
}

/** Message from the main thread. */
export type HeartbeatCommand =
  | { type: 'state'; held: HeldAttempt[]; rates: SessionRates }
  /** The session to renew from now on. */
  | { type: 'session'; id: string }
  | { type: 'stop' };

/** Message from the heartbeat thread. */
export type HeartbeatEvent =
  /** Requests `state`; the time until it arrives shows how long the main thread was busy. */
  | { type: 'state-requested' }
  | { type: 'renewed'; sessionId: string; heartbeat: Heartbeat }
  | { type: 'failed'; reason: string }
  | { type: 'stalled'; forMs: number; held: HeldAttempt[] };
