import { canonicalJson } from '@pressroom/runtime';
import type { EndCallRequest, GatewayStore, JournaledReply, JournalKey, ReserveRequest } from '../ports.ts';

export interface MemoryStore extends GatewayStore {
  readonly reservations: ReserveRequest[];
  readonly ended: EndCallRequest[];
  readonly journal: Map<string, JournaledReply>;
  /** Limit of held plus spent nano-dollars; `undefined` for none. */
  limitNanoUsd: bigint | undefined;
  fenced: boolean;
  /** Held by unsettled reservations. */
  heldNanoUsd(): bigint;
  spentNanoUsd(): bigint;
}

/** In-memory stores of the gateway with the semantics of the database. */
export function createMemoryStore(): MemoryStore {
  const open = new Map<string, bigint>();
  const sum = (amounts: Iterable<bigint>): bigint => [...amounts].reduce((total, amount) => total + amount, 0n);
  const keyOf = ({ stepId, journalGeneration, path, requestHash }: JournalKey): string =>
    canonicalJson([stepId, journalGeneration, path, requestHash]);

  const store: MemoryStore = {
    reservations: [],
    ended: [],
    journal: new Map(),
    limitNanoUsd: undefined,
    fenced: false,
    heldNanoUsd: () => sum(open.values()),
    spentNanoUsd: () => sum(store.ended.map((entry) => entry.costNanoUsd)),

    findReply: (key) => Promise.resolve(store.journal.get(keyOf(key))),

    reserve: (request) => {
      if (store.fenced) return Promise.resolve({ outcome: 'fenced' });
      const left =
        store.limitNanoUsd === undefined ? undefined : store.limitNanoUsd - store.heldNanoUsd() - store.spentNanoUsd();
      if (left !== undefined && request.amountNanoUsd > left) {
        return Promise.resolve({
          outcome: 'over_budget',
          refusal: {
            budget: 'task:1',
            amountNanoUsd: request.amountNanoUsd,
            shortfallNanoUsd: request.amountNanoUsd - left,
            limitNanoUsd: store.limitNanoUsd ?? 0n,
            spentNanoUsd: store.spentNanoUsd(),
          },
        });
      }
      open.set(request.reservationId, request.amountNanoUsd);
      store.reservations.push(request);
      return Promise.resolve({ outcome: 'reserved' });
    },

    endCall: (request) => {
      if (store.ended.some((entry) => entry.reservationId === request.reservationId)) return Promise.resolve();
      if (!open.delete(request.reservationId)) throw new Error('the reservation does not exist');
      store.ended.push(request);
      if (request.reply) {
        const { stepId, journalGeneration } = request.scope;
        store.journal.set(
          keyOf({ stepId, journalGeneration, path: request.path, requestHash: request.requestHash }),
          request.reply,
        );
      }
      return Promise.resolve();
    },
  };
  return store;
}
