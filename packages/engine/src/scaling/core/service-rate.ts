/** Attempts that ended lately and the time they took, both fading with their age. */
export interface ServiceRate {
  readonly count: number;
  readonly busyMs: number;
  readonly atMs: number;
}

/** After so long a measurement counts with 1/e: one slow minute does not decide, yesterday's mix does not either. */
const TIME_CONSTANT_MS = 60_000;
/** Below this nothing worth telling is left. */
const FORGOTTEN = 0.01;

export const startServiceRate = (nowMs: number): ServiceRate => ({ count: 0, busyMs: 0, atMs: nowMs });

/** Adds an attempt that ended now. Pure. */
export function addAttempt(rate: ServiceRate, durationMs: number, nowMs: number): ServiceRate {
  const { count, busyMs, atMs } = fade(rate, nowMs);
  return { count: count + 1, busyMs: busyMs + Math.max(0, durationMs), atMs };
}

/**
 * What the exponentially weighted average says now: attempts a minute, and what one takes. Undefined when there has been
 * none for long.
 */
export function readServiceRate(rate: ServiceRate, nowMs: number): { perMinute: number; meanMs: number } | undefined {
  const { count, busyMs } = fade(rate, nowMs);
  if (count < FORGOTTEN) return undefined;
  return { perMinute: (count * 60_000) / TIME_CONSTANT_MS, meanMs: busyMs / count };
}

function fade(rate: ServiceRate, nowMs: number): ServiceRate {
  const factor = Math.exp(-Math.max(0, nowMs - rate.atMs) / TIME_CONSTANT_MS);
  return { count: rate.count * factor, busyMs: rate.busyMs * factor, atMs: Math.max(rate.atMs, nowMs) };
}
