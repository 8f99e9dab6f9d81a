import type { Clock } from '@pressroom/runtime';

export interface TestClock extends Clock {
  /** Moves time on; sleepers wake in the order of their hour, and what they start is awaited before the next one. */
  advance(ms: number): Promise<void>;
  /** How many sleep now. */
  readonly sleepers: number;
}

/** A clock that stands still until the test moves it. */
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
      await settleDown();
      for (;;) {
        const next = sleeping.filter((entry) => entry.wakeAtMs <= untilMs).sort((a, b) => a.wakeAtMs - b.wakeAtMs)[0];
        if (!next) break;
        sleeping = sleeping.filter((entry) => entry !== next);
        nowMs = Math.max(nowMs, next.wakeAtMs);
        next.wake();
        await settleDown();
      }
      nowMs = untilMs;
      await settleDown();
    },
  };
}

/** Lets everything run that waits for no timer: a few turns, since batching takes one and its answer another. */
async function settleDown(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
