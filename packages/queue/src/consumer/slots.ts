import { type Lane, LANES } from '@pressroom/contracts';

import { createLaneOrder, type LaneShares, pickLane } from './lane-order.ts';

/** The right to run one job; releasing twice counts once. */
export interface Slot {
  release(): void;
}

/**
 * One concurrency limit for all queues of a process. Within a lane slots are given first come first served, so queues
 * take turns; between lanes by their shares.
 */
export interface Slots {
  /** Waits for a slot; rejects with the signal's reason once that aborts. */
  acquire(lane: Lane, signal: AbortSignal): Promise<Slot>;
  /** Could a job be started now? */
  readonly hasFree: boolean;
  /** Is somebody waiting, so that a finished job's slot should be given back rather than kept? */
  readonly isContended: boolean;
  readonly busy: number;
}

export function createSlots(options: { concurrency: number; laneShares: LaneShares }): Slots {
  const { concurrency, laneShares } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new RangeError(`concurrency must be a positive integer: ${concurrency}`);
  }
  const waiting: Record<Lane, Set<(slot: Slot) => void>> = { interactive: new Set(), batch: new Set() };
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
    const lanes = LANES.filter((lane) => waiting[lane].size > 0);
    if (busy >= concurrency || lanes.length === 0) return;
    const picked = pickLane(order, lanes, laneShares);
    order = picked.order;
    for (const resolve of waiting[picked.lane]) {
      waiting[picked.lane].delete(resolve);
      resolve(grant());
      return;
    }
  };

  return {
    acquire: (lane, signal) => {
      if (signal.aborted) return Promise.reject(signal.reason as Error);
      if (busy < concurrency) return Promise.resolve(grant());
      return new Promise((resolve, reject) => {
        const accept = (slot: Slot) => {
          signal.removeEventListener('abort', onAbort);
          resolve(slot);
        };
        const onAbort = () => {
          waiting[lane].delete(accept);
          reject(signal.reason as Error);
        };
        waiting[lane].add(accept);
        signal.addEventListener('abort', onAbort, { once: true });
      });
    },
    get hasFree() {
      return busy < concurrency;
    },
    get isContended() {
      return LANES.some((lane) => waiting[lane].size > 0);
    },
    get busy() {
      return busy;
    },
  };
}
