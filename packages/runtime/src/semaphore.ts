/** Releases one permit. Idempotent. */
export type Release = () => void;

export interface Semaphore {
  /** Waits for a permit in FIFO order. Rejects with the signal's reason once it aborts. */
  acquire(signal?: AbortSignal): Promise<Release>;
  /** Acquires a permit if one is free. */
  tryAcquire(): Release | undefined;
  /** Free permits. */
  readonly available: number;
  /** Waiting callers. */
  readonly waiting: number;
}

/** Limits the number of concurrent callers within this process. */
export function createSemaphore(permits: number): Semaphore {
  if (!Number.isInteger(permits) || permits < 1) throw new RangeError(`permits must be a positive integer: ${permits}`);
  let available = permits;
  const queue = new Set<() => void>();

  const release = (): void => {
    const next = queue.values().next();
    if (next.done) {
      available += 1;
      return;
    }
    queue.delete(next.value);
    next.value();
  };
  const once = (): Release => {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      release();
    };
  };
  const tryAcquire = (): Release | undefined => {
    if (available === 0) return undefined;
    available -= 1;
    return once();
  };

  return {
    tryAcquire,
    acquire: (signal) => {
      if (signal?.aborted) return Promise.reject(signal.reason as Error);
      const free = tryAcquire();
      if (free !== undefined) return Promise.resolve(free);
      return new Promise<Release>((resolve, reject) => {
        const onAbort = () => {
          queue.delete(grant);
          reject(signal?.reason as Error);
        };
        const grant = () => {
          signal?.removeEventListener('abort', onAbort);
          resolve(once());
        };
        queue.add(grant);
        signal?.addEventListener('abort', onAbort, { once: true });
      });
    },
    get available() {
      return available;
    },
    get waiting() {
      return queue.size;
    },
  };
}
