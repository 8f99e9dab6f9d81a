/** Releases one permit; calling it again does nothing. */
export type Release = () => void;

export interface Semaphore {
  /** Waits for a permit, first come first served. Rejects with the signal's reason once that aborts. */
  acquire(signal?: AbortSignal): Promise<Release>;
  /** Takes a permit if one is free and nobody waits. */
  tryAcquire(): Release | undefined;
  /** Permits free now. */
  readonly available: number;
  /** Callers waiting now. */
  readonly waiting: number;
}

/** Bounds how many callers do something at once within this process. */
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
