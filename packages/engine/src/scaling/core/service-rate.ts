/** Recent attempts and their total duration, with exponentially decaying weights. */
export interface ServiceRate {
  readonly count: number;
  readonly busyMs: number;
  readonly atMs: number;
}

/** Time after which the weight of a measurement is 1/e: long enough for a stable mean, short enough to follow changes. */
const TIME_CONSTANT_MS = 60_000;
/** Total weight below which there is no measurement. */
const MIN_WEIGHT = 0.01;

export const startServiceRate = (nowMs: number): ServiceRate => ({ count: 0, busyMs: 0, atMs: nowMs });

/** Adds an attempt that has just ended. Pure. */
export function addAttempt(rate: ServiceRate, durationMs: number, nowMs: number): ServiceRate {
  const { count, busyMs, atMs } = decay(rate, nowMs);
  return { count: count + 1, busyMs: busyMs + Math.max(0, durationMs), atMs };
}

/**
 * Returns the exponentially weighted averages: attempts per minute and their mean duration. Undefined without recent attempts.
 * Pure.
 */
export function readServiceRate(rate: ServiceRate, nowMs: number): { perMinute: number; meanMs: number } | undefined {
  const { count, busyMs } = decay(rate, nowMs);
  if (count < MIN_WEIGHT) return undefined;
  return { perMinute: (count * 60_000) / TIME_CONSTANT_MS, meanMs: busyMs / count };
}

function decay(rate: ServiceRate, nowMs: number): ServiceRate {
  const factor = Math.exp(-Math.max(0, nowMs - rate.atMs) / TIME_CONSTANT_MS);
  return { count: rate.count * factor, busyMs: rate.busyMs * factor, atMs: Math.max(rate.atMs, nowMs) };
}
