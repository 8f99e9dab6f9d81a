import type { Model } from './model.ts';

const DAY_MS = 86_400_000;

/** Days ahead of a shutdown from which operators are warned. */
const SHUTDOWN_WARNING_DAYS = 60;

export interface ShutdownWarning {
  model: string;
  shutdownAtMs: number;
  /** Negative when it is past. */
  daysLeft: number;
  replacement: string | undefined;
}

const isShutDown = (model: Model, atMs: number): boolean =>
  model.shutdownAtMs !== undefined && atMs >= model.shutdownAtMs;

/**
 * The model to use at an instant: itself while it is served, then its replacement, and that one's. `undefined` when the
 * chain ends, in a model that is gone or in one that is unknown.
 */
export function followLifecycle(
  model: Model,
  atMs: number,
  find: (ref: string) => Model | undefined,
): Model | undefined {
  const visited = new Set<string>();
  let current: Model | undefined = model;
  while (current !== undefined && isShutDown(current, atMs)) {
    if (visited.has(current.ref)) return undefined;
    visited.add(current.ref);
    current = current.replacement === undefined ? undefined : find(current.replacement);
  }
  return current;
}

/** Warnings for models that shut down soon or already have, soonest first. */
export function shutdownWarnings(
  models: Iterable<Model>,
  atMs: number,
  withinDays = SHUTDOWN_WARNING_DAYS,
): ShutdownWarning[] {
  const warnings: ShutdownWarning[] = [];
  for (const { ref, shutdownAtMs, replacement } of models) {
    if (shutdownAtMs === undefined || shutdownAtMs - atMs > withinDays * DAY_MS) continue;
    warnings.push({ model: ref, shutdownAtMs, daysLeft: Math.ceil((shutdownAtMs - atMs) / DAY_MS), replacement });
  }
  return warnings.sort((a, b) => a.shutdownAtMs - b.shutdownAtMs);
}
