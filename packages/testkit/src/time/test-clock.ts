import type { Clock } from '@pressroom/runtime';

export interface TestClock extends Clock {
  /** Advances the time; wakes sleepers in the order of their deadlines and drains the event loop after each. */
  advance(ms: number): Promise<void>;
  /** Number of pending sleeps. */
  readonly sleepers: number;
}

/** A clock that only the test advances. */
export function createTestClock(startMs = Date.UTC(2026, 0, 1)): TestClock {
  let nowMs = startMs;
  let sleeping: { wakeAtMs: number; wake: () => void }[] = [];

  return {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs - startMs,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) {
          reject(signal.reason as Error);
          return;
        }
        const entry = { wakeAtMs: nowMs + ms, wake: resolve };
        sleeping.push(entry);
        signal?.addEventListener(
          'abort',
          () => {
            sleeping = sleeping.filter((other) => other !== entry);
            reject(signal.reason as Error);
          },
          { once: true },
        );
      }),
    get sleepers() {
      return sleeping.length;
    },
    async advance(ms) {
      const untilMs = nowMs + ms;
      await drainEventLoop();
      for (;;) {
        const next = sleeping.filter((entry) => entry.wakeAtMs <= untilMs).sort((a, b) => a.wakeAtMs - b.wakeAtMs)[0];
        if (!next) break;
        sleeping = sleeping.filter((entry) => entry !== next);
        nowMs = Math.max(nowMs, next.wakeAtMs);
        next.wake();
        await drainEventLoop();
      }
      nowMs = untilMs;
      await drainEventLoop();
    },
  };
}

/** Runs all work that waits for no timer: several turns, because batching and its reply take one each. */
async function drainEventLoop(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
