import type { Model } from './model.ts';

const DAY_MS = 86_400_000;

/** Days before a shutdown from which operators are warned. */
const SHUTDOWN_WARNING_DAYS = 60;

export interface ShutdownWarning {
  model: string;
  shutdownAtMs: number;
  /** Negative after the shutdown. */
  daysLeft: number;
  replacement: string | undefined;
}

const isShutDown = (model: Model, atMs: number): boolean =>
  model.shutdownAtMs !== undefined && atMs >= model.shutdownAtMs;

/**
 * Resolves the model to use at a given time: itself until its shutdown, then its replacement, recursively. `undefined` when
 * the chain ends with a model that was shut down or is unknown.
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

/** Warnings for models whose shutdown is near or has passed, earliest first. */
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
