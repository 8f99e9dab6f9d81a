import type { EndCallRequest, GatewayStore, JournaledReply, JournalKey } from '@pressroom/llm';

/** The gateway's records in memory, for runs without a database: no budget limits them, and nothing outlives them. */
export interface OpenBooks extends GatewayStore {
  /** Every request that was made and settled, in the order they ended. */
  readonly ended: readonly EndCallRequest[];
}

export function createOpenBooks(): OpenBooks {
  const ended: EndCallRequest[] = [];
  const settled = new Set<string>();
  const journal = new Map<string, JournaledReply>();
  const keyOf = ({ stepId, journalGeneration, path, requestHash }: JournalKey): string =>
    [stepId, journalGeneration, path, requestHash].join('\n');
  return {
    ended,
    findReply: (key) => Promise.resolve(journal.get(keyOf(key))),
    reserve: () => Promise.resolve({ outcome: 'reserved' }),
    endCall: (request) => {
      if (settled.has(request.reservationId)) return Promise.resolve();
      settled.add(request.reservationId);
      ended.push(request);
      const { scope, path, requestHash, reply } = request;
      if (reply) journal.set(keyOf({ ...scope, path, requestHash }), reply);
      return Promise.resolve();
    },
  };
}
