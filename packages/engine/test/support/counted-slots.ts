import type { AttemptSlot, AttemptSlots } from '../../src/ports.ts';

export interface CountedSlots extends AttemptSlots {
  /** Free slots. */
  readonly free: number;
  /** Frees one more, as a job does that ends. */
  add(): void;
  /** Aborts what runs in these slots, as a drain's deadline does. */
  abort(): void;
}

/** A worker with `count` slots, first come, first served. */
export function countedSlots(count: number): CountedSlots {
  const ending = new AbortController();
  const waiting = new Set<(slot: AttemptSlot) => void>();
  let free = count;

  const add = (): void => {
    free += 1;
    const [first] = waiting;
    if (!first) return;
    waiting.delete(first);
    first(grant());
  };
  const grant = (): AttemptSlot => {
    free -= 1;
    let isHeld = true;
    const release = (): void => {
      if (!isHeld) return;
      isHeld = false;
      add();
    };
    return { run: (work) => work(ending.signal).finally(release), release };
  };

  return {
    takeSlots: (most) => Array.from({ length: Math.min(most, free) }, grant),
    waitForSlot(_lane, signal) {
      if (signal.aborted) return Promise.reject(signal.reason as Error);
      if (free > 0) return Promise.resolve(grant());
      return new Promise((resolve, reject) => {
        waiting.add(resolve);
        signal.addEventListener('abort', () => {
          if (waiting.delete(resolve)) reject(signal.reason as Error);
        });
      });
    },
    get free() {
      return free;
    },
    add,
    abort() {
      ending.abort(new Error('the worker shuts down'));
    },
  };
}
