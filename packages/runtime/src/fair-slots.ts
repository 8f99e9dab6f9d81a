export interface FairSlots {
  /**
   * Waits for a slot of the group. The returned function frees it; calling it again does nothing. Rejects with the
   * signal's reason once that aborts.
   */
  acquire(group: string, signal?: AbortSignal): Promise<() => void>;
  /** Callers of the group that wait now. */
  waitingOf(group: string): number;
  readonly active: number;
  readonly waiting: number;
}

interface Group {
  active: number;
  waiting: Set<() => void>;
}

/**
 * Slots that groups share by round robin: a group with a thousand waiters delays another group's first waiter by one slot.
 *
 * @param limits slots in all, and slots that one group may hold at once
 */
export function createFairSlots(limits: { process: number; tenant: number }): FairSlots {
  // Insertion order is the order of service: a group that was served moves to the end.
  const groups = new Map<string, Group>();
  let active = 0;
  let waiting = 0;

  const forgetIdle = (name: string, group: Group): void => {
    if (group.active === 0 && group.waiting.size === 0) groups.delete(name);
  };
  const slotOf = (name: string, group: Group): (() => void) => {
    group.active += 1;
    active += 1;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      group.active -= 1;
      active -= 1;
      forgetIdle(name, group);
      serveNext();
    };
  };
  const serveNext = (): void => {
    if (active >= limits.process) return;
    for (const [name, group] of groups) {
      if (group.active >= limits.tenant) continue;
      const [next] = group.waiting;
      if (next === undefined) continue;
      groups.delete(name);
      groups.set(name, group);
      next();
      return;
    }
  };

  return {
    acquire(name, signal) {
      if (signal?.aborted) return Promise.reject(signal.reason as Error);
      const group: Group = groups.get(name) ?? { active: 0, waiting: new Set() };
      groups.set(name, group);
      if (active < limits.process && group.active < limits.tenant) return Promise.resolve(slotOf(name, group));
      return new Promise((resolve, reject) => {
        const leave = (): void => {
          group.waiting.delete(serve);
          waiting -= 1;
          signal?.removeEventListener('abort', onAbort);
        };
        const onAbort = (): void => {
          leave();
          forgetIdle(name, group);
          reject(signal?.reason as Error);
        };
        const serve = (): void => {
          leave();
          resolve(slotOf(name, group));
        };
        group.waiting.add(serve);
        waiting += 1;
        signal?.addEventListener('abort', onAbort, { once: true });
      });
    },
    waitingOf: (name) => groups.get(name)?.waiting.size ?? 0,
    get active() {
      return active;
    },
    get waiting() {
      return waiting;
    },
  };
}
