/** Upper bound: some providers send hours. Deadlines bound the actual wait. */
const MAX_RETRY_AFTER_MS = 600_000;

/**
 * Reads the requested wait in milliseconds: `retry-after-ms`, else `retry-after` in seconds or as an HTTP date.
 * `undefined` when it is absent or invalid.
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

const bound = (ms: number): number => Math.min(MAX_RETRY_AFTER_MS, Math.max(0, Math.round(ms)));
