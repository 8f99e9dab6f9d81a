/**
 * Full-jitter exponential backoff: uniform in [0, min(cap, base × 2^(failures−1))].
 * Source: AWS Architecture Blog, "Exponential Backoff And Jitter" (2015).
 *
 * @param failures failures so far, from 1
 * @param random a number in [0, 1)
 * @param retryAfterMs requested minimum; the result is never shorter
 * @returns whole milliseconds to wait
 */
export function calculateBackoffMs(
  failures: number,
  policy: { baseMs: number; capMs: number },
  random: number,
  retryAfterMs = 0,
): number {
  const ceiling = Math.min(policy.capMs, policy.baseMs * 2 ** Math.min(30, Math.max(0, failures - 1)));
  return Math.max(Math.ceil(retryAfterMs), Math.round(random * ceiling));
}
