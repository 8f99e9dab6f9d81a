import { type Lane, LANES } from '@pressroom/contracts';

import { createLaneOrder, type LaneShares, pickLane } from './lane-order.ts';

/** The right to run one job; `release` is idempotent. */
export interface Slot {
  release(): void;
}

/**
 * One concurrency limit for all queues of a process. Between lanes, slots are granted by share; within a lane in FIFO order,
 * with continuations of tasks started by this process first.
 */
export interface Slots {
  /**
   * Waits for a slot; rejects with the signal's reason once it aborts.
   * @param options.isContinuation goes before the other waiters of its lane; such waits must be short
   * @param options.owner identity of the waiter, for `hasOtherWaiters`
   */
  acquire(lane: Lane, signal: AbortSignal, options?: { isContinuation?: boolean; owner?: unknown }): Promise<Slot>;
  /** A free slot, if any. */
  tryAcquire(): Slot | undefined;
  /** Whether a slot is free. */
  readonly hasFree: boolean;
  /** Whether work of another owner waits, so that a finished job's slot must be released. */
  hasOtherWaiters(owner: unknown): boolean;
  readonly busy: number;
}

export function createSlots(options: { concurrency: number; laneShares: LaneShares }): Slots {
  const { concurrency, laneShares } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new RangeError(`concurrency must be a positive integer: ${concurrency}`);
  }
  interface Waiter {
    owner: unknown;
    accept: (slot: Slot) => void;
  }
  const waiting: Record<Lane, Set<Waiter>> = { interactive: new Set(), batch: new Set() };
  const continuations: Record<Lane, Set<Waiter>> = { interactive: new Set(), batch: new Set() };
  const isWaiting = (lane: Lane): boolean => waiting[lane].size + continuations[lane].size > 0;
  let order = createLaneOrder();
  let busy = 0;

  const grant = (): Slot => {
    busy += 1;
    let held = true;
    return {
      release: () => {
        if (!held) return;
        held = false;
        busy -= 1;
        grantNext();
      },
    };
  };

  const grantNext = (): void => {
    const lanes = LANES.filter(isWaiting);
    if (busy >= concurrency || lanes.length === 0) return;
    const picked = pickLane(order, lanes, laneShares);
    order = picked.order;
    const waiters = continuations[picked.lane].size > 0 ? continuations[picked.lane] : waiting[picked.lane];
    for (const waiter of waiters) {
      waiters.delete(waiter);
      waiter.accept(grant());
      return;
    }
  };

  return {
    acquire: (lane, signal, { isContinuation = false, owner } = {}) => {
      if (signal.aborted) return Promise.reject(signal.reason as Error);
      if (busy < concurrency) return Promise.resolve(grant());
      return new Promise((resolve, reject) => {
        const waiters = isContinuation ? continuations[lane] : waiting[lane];
        const waiter: Waiter = {
          owner,
          accept: (slot) => {
            signal.removeEventListener('abort', onAbort);
            resolve(slot);
          },
        };
        const onAbort = () => {
          waiters.delete(waiter);
          reject(signal.reason as Error);
        };
        waiters.add(waiter);
        signal.addEventListener('abort', onAbort, { once: true });
      });
    },
    tryAcquire: () => (busy < concurrency ? grant() : undefined),
    get hasFree() {
      return busy < concurrency;
    },
    hasOtherWaiters: (owner) =>
      LANES.some((lane) => continuations[lane].size > 0 || [...waiting[lane]].some((waiter) => waiter.owner !== owner)),
    get busy() {
      return busy;
    },
  };
}
