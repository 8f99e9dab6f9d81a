import type { Clock } from '@pressroom/runtime';

interface Sleeper {
  dueMs: number;
  wake: () => void;
}

export interface ManualClock extends Clock {
  /** Advances the time and runs everything that is due. */
  advance(ms: number): Promise<void>;
  /** Lengths of the pending sleeps, in the order in which they started. */
  sleeping(): number[];
  /** Resolves when a sleep of exactly this length is pending. */
  untilSleeping(ms: number): Promise<void>;
}

/** A clock that a test advances. */
export function createManualClock(startMs = Date.parse('2026-11-20T12:00:00Z')): ManualClock {
  let nowMs = startMs;
  const sleepers = new Set<Sleeper & { ms: number }>();
  const watchers = new Set<() => void>();

  return {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs - startMs,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) {
          reject(signal.reason as Error);
          return;
        }
        const sleeper = { ms, dueMs: nowMs + ms, wake: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener(
          'abort',
          () => {
            sleepers.delete(sleeper);
            reject(signal.reason as Error);
          },
          { once: true },
        );
        for (const look of watchers) look();
      }),
    async advance(ms) {
      nowMs += ms;
      for (const sleeper of [...sleepers]) {
        if (sleeper.dueMs > nowMs) continue;
        sleepers.delete(sleeper);
        sleeper.wake();
      }
      await new Promise(setImmediate);
    },
    sleeping: () => [...sleepers].map(({ ms }) => ms),
    untilSleeping: (ms) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (![...sleepers].some((sleeper) => sleeper.ms === ms)) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        look();
      }),
  };
}
