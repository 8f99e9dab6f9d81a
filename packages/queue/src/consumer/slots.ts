import { type Lane, LANES } from '@pressroom/contracts';

import { createLaneOrder, type LaneShares, pickLane } from './lane-order.ts';

/** The right to run one job; releasing twice counts once. */
export interface Slot {
  release(): void;
}

/**
 * One concurrency limit for all queues of a process. Within a lane slots are given first come first served, so queues
 * take turns, but first to work that this process has begun; between lanes by their shares.
 */
export interface Slots {
  /**
   * Waits for a slot; rejects with the signal's reason once that aborts.
   * @param wish.begun goes before those of its lane that would begin something new; such waits must be short
   * @param wish.owner who waits, for `isContendedBesides`
   */
  acquire(lane: Lane, signal: AbortSignal, wish?: { begun?: boolean; owner?: unknown }): Promise<Slot>;
  /** A slot that is free now. */
  tryAcquire(): Slot | undefined;
  /** Could a job be started now? */
  readonly hasFree: boolean;
  /** Does anybody but `owner` wait, so that a finished job's slot should be given back rather than kept? */
  isContendedBesides(owner: unknown): boolean;
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
  const ahead: Record<Lane, Set<Waiter>> = { interactive: new Set(), batch: new Set() };
  const isWaiting = (lane: Lane): boolean => waiting[lane].size + ahead[lane].size > 0;
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
        handOut();
      },
    };
  };

  const handOut = (): void => {
    const lanes = LANES.filter(isWaiting);
    if (busy >= concurrency || lanes.length === 0) return;
    const picked = pickLane(order, lanes, laneShares);
    order = picked.order;
    const line = ahead[picked.lane].size > 0 ? ahead[picked.lane] : waiting[picked.lane];
    for (const waiter of line) {
      line.delete(waiter);
      waiter.accept(grant());
      return;
    }
  };

  return {
    acquire: (lane, signal, { begun = false, owner } = {}) => {
      if (signal.aborted) return Promise.reject(signal.reason as Error);
      if (busy < concurrency) return Promise.resolve(grant());
      return new Promise((resolve, reject) => {
        const line = begun ? ahead[lane] : waiting[lane];
        const waiter: Waiter = {
          owner,
          accept: (slot) => {
            signal.removeEventListener('abort', onAbort);
            resolve(slot);
          },
        };
        const onAbort = () => {
          line.delete(waiter);
          reject(signal.reason as Error);
        };
        line.add(waiter);
        signal.addEventListener('abort', onAbort, { once: true });
      });
    },
    tryAcquire: () => (busy < concurrency ? grant() : undefined),
    get hasFree() {
      return busy < concurrency;
    },
    isContendedBesides: (owner) =>
      LANES.some((lane) => ahead[lane].size > 0 || [...waiting[lane]].some((waiter) => waiter.owner !== owner)),
    get busy() {
      return busy;
    },
  };
}
