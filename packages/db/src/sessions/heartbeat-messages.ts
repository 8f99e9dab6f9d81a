import type { HeldAttempt, Heartbeat, SessionRates } from './renew-session.sql.ts';

/** What the heartbeat thread is started with. */
export interface HeartbeatSettings {
  databaseUrl: string;
  applicationName: string;
  sessionId: string;
  queues: readonly string[];
  ttlMs: number;
  periodMs: number;
  /** Silence of the main thread that is reported once it is over. */
  stallMs: number;
  /** Silence of the main thread after which the process is ended. */
  maxStallMs: number;
  /** Name of the process in its logs. */
  logName: string;
}

/** From the main thread. */
export type HeartbeatCommand =
  | { type: 'state'; held: HeldAttempt[]; rates: SessionRates }
  /** Renews this session from now on. */
  | { type: 'session'; id: string }
  | { type: 'stop' };

/** From the heartbeat thread. */
export type HeartbeatNews =
  /** Asks for `state`; the time until it comes is how long the main thread was busy. */
  | { type: 'ask' }
  | { type: 'answer'; sessionId: string; heartbeat: Heartbeat }
  | { type: 'failed'; reason: string }
  | { type: 'stalled'; forMs: number; held: HeldAttempt[] };
