export interface FairSlots {
  /** Waits for a slot of the group. The returned function frees it; calling it again does nothing. */
  acquire(group: string): Promise<() => void>;
  readonly active: number;
  readonly waiting: number;
}

interface Group {
  active: number;
  waiting: (() => void)[];
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

  const slotOf = (name: string, group: Group): (() => void) => {
    group.active += 1;
    active += 1;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      group.active -= 1;
      active -= 1;
      if (group.active === 0 && group.waiting.length === 0) groups.delete(name);
      serveNext();
    };
  };
  const serveNext = (): void => {
    if (active >= limits.process) return;
    for (const [name, group] of groups) {
      if (group.active >= limits.tenant) continue;
      const next = group.waiting.shift();
      if (next === undefined) continue;
      groups.delete(name);
      groups.set(name, group);
      waiting -= 1;
      next();
      return;
    }
  };

  return {
    acquire(name) {
      const group: Group = groups.get(name) ?? { active: 0, waiting: [] };
      groups.set(name, group);
      if (active < limits.process && group.active < limits.tenant) return Promise.resolve(slotOf(name, group));
      waiting += 1;
      return new Promise((resolve) => {
        group.waiting.push(() => {
          resolve(slotOf(name, group));
        });
      });
    },
    get active() {
      return active;
    },
    get waiting() {
      return waiting;
    },
  };
}
