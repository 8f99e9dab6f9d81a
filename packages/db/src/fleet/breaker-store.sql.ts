import type { Database, Statement } from '../connection/database.ts';
import { toJsonb } from '../connection/to-jsonb.ts';

/** The model that a circuit breaker protects. */
export interface BreakerKey {
  provider: string;
  model: string;
}

/** An open breaker: it rejects requests, and admits one as a probe once `openForMs` is 0. */
export interface OpenBreaker extends BreakerKey {
  openForMs: number;
  /** Is a probe running in any process? */
  probing: boolean;
}

/** Error rate over all processes that opens a breaker, and for how long. */
export interface BreakerThresholds {
  windowMs: number;
  minRequests: number;
  errorThresholdPercent: number;
  openMs: number;
}

export interface BreakerRow extends BreakerKey {
  state: 'closed' | 'open' | 'half_open';
  openedAt: Date | null;
  /** Share of failures in the window, 0 to 1. */
  failureRate: number;
}

/** Circuit breakers shared by all processes: one row per model with the counts and the state. */
export interface BreakerStore {
  /** Adds requests and failures of this process; returns those of the breakers that are open. */
  report(
    calls: readonly (BreakerKey & { requests: number; failures: number })[],
    thresholds: BreakerThresholds,
  ): Promise<OpenBreaker[]>;
  /**
   * Requests the single probe of a half-open breaker. `probe`: granted until it ends, `maxMs` pass or the session expires.
   * `closed`: another process's probe succeeded. `wait`: too early, or another process's probe is running.
   */
  takeProbe(
    key: BreakerKey,
    sessionId: string,
    maxMs: number,
  ): Promise<{ outcome: 'probe' | 'closed' | 'wait'; openForMs: number }>;
  /** Ends a probe of this session: closes the breaker, or opens it again for `openMs`. No-op for another session's probe. */
  endProbe(key: BreakerKey, sessionId: string, state: 'closed' | 'open', openMs: number): Promise<void>;
  /** All breakers with recorded requests. */
  list(): Promise<BreakerRow[]>;
}

const REPORT: Statement = {
  name: 'breakers.report',
  text: `SELECT provider, model, open_for_ms::float8 AS "openForMs", probing FROM report_provider_calls($1::jsonb, $2, $3, $4, $5)`,
};
const TAKE_PROBE: Statement = {
  name: 'breakers.take_probe',
  // The row lock decides a race: the second session sees the first one's probe.
  text: `
    WITH granted_probe AS (
      UPDATE breaker b SET probe_session = $3, probe_until = now() + $4 * interval '1 ms'
      WHERE b.provider = $1 AND b.model = $2 AND b.state = 'open' AND b.open_until <= now()
        AND (b.probe_session IS NULL OR b.probe_until <= now()
          OR NOT EXISTS (SELECT 1 FROM worker_session w WHERE w.id = b.probe_session AND w.expires_at > now()))
      RETURNING 1
    )
    SELECT CASE WHEN EXISTS (SELECT 1 FROM granted_probe) THEN 'probe' WHEN b.state = 'open' THEN 'wait' ELSE 'closed' END AS outcome,
      coalesce(greatest(0, ceil(extract(epoch FROM b.open_until - now()) * 1000)), 0)::float8 AS "openForMs"
    FROM breaker b WHERE b.provider = $1 AND b.model = $2`,
};
const END_PROBE: Statement = {
  name: 'breakers.end_probe',
  text: `
    UPDATE breaker SET probe_session = NULL, probe_until = NULL, state = $4,
      opened_at = CASE WHEN $4 = 'open' THEN opened_at END,
      open_until = CASE WHEN $4 = 'open' THEN now() + $5 * interval '1 ms' END,
      window_at = now(), requests = 0, failures = 0, last_requests = 0, last_failures = 0
    WHERE provider = $1 AND model = $2 AND state = 'open' AND probe_session = $3`,
};
const LIST: Statement = {
  name: 'breakers.list',
  text: `
    SELECT provider, model,
      CASE WHEN state = 'closed' THEN 'closed' WHEN open_until > now() THEN 'open' ELSE 'half_open' END AS state,
      opened_at AS "openedAt",
      CASE WHEN requests + last_requests = 0 THEN 0
        ELSE (failures + last_failures)::float8 / (requests + last_requests) END AS "failureRate"
    FROM breaker ORDER BY provider, model`,
};

export function createBreakerStore(database: Database): BreakerStore {
  return {
    report: (calls, { windowMs, minRequests, errorThresholdPercent, openMs }) =>
      database.run<OpenBreaker & Record<string, unknown>>(REPORT, [
        toJsonb(calls),
        windowMs,
        minRequests,
        errorThresholdPercent,
        openMs,
      ]),
    async takeProbe({ provider, model }, sessionId, maxMs) {
      const [row] = await database.run<{ outcome: 'probe' | 'closed' | 'wait'; openForMs: number }>(TAKE_PROBE, [
        provider,
        model,
        sessionId,
        maxMs,
      ]);
      return row ?? { outcome: 'closed', openForMs: 0 };
    },
    async endProbe({ provider, model }, sessionId, state, openMs) {
      await database.run(END_PROBE, [provider, model, sessionId, state, openMs]);
    },
    list: () => database.run<BreakerRow & Record<string, unknown>>(LIST, []),
  };
}
