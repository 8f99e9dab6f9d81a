import type { EndCallRequest, GatewayStore, JournaledReply, JournalKey } from '@pressroom/llm';

/** A gateway store in memory, for runs without a database and without budgets. */
export interface InMemoryGatewayStore extends GatewayStore {
  /** All settled requests, in the order of their end. */
  readonly ended: readonly EndCallRequest[];
}

export function createInMemoryGatewayStore(): InMemoryGatewayStore {
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
