/** Providers have been seen to ask for hours; what we wait is bounded by deadlines anyway. */
const MOST_MS = 600_000;

/**
 * The wait that a provider asks for, in milliseconds: `retry-after-ms`, else `retry-after` in seconds or as an HTTP
 * date. `undefined` when it asks for none, or unintelligibly.
 */
export function parseRetryAfterMs(headers: Pick<Headers, 'get'>, nowMs: number): number | undefined {
  const inMs = numeric(headers.get('retry-after-ms'));
  if (inMs !== undefined) return bound(inMs);
  const value = headers.get('retry-after');
  const inSeconds = numeric(value);
  if (inSeconds !== undefined) return bound(inSeconds * 1_000);
  const atMs = value === null ? Number.NaN : Date.parse(value);
  return Number.isNaN(atMs) ? undefined : bound(atMs - nowMs);
}

function numeric(value: string | null): number | undefined {
  return value !== null && /^\s*\d+(\.\d+)?\s*$/.test(value) ? Number(value) : undefined;
}

const bound = (ms: number): number => Math.min(MOST_MS, Math.max(0, Math.round(ms)));
