import { StoreUnavailableError, type MoneyStore } from '@pressroom/db';

type Journal = Pick<MoneyStore, 'findReply' | 'saveReply'>;

/** A money store of which one function fails twice with an outage, then works. */
export function unavailableAtFirst(money: MoneyStore, name: keyof Journal): MoneyStore {
  let failures = 2;
  const mayFail = async <T>(work: () => Promise<T>): Promise<T> => {
    if (failures === 0) return work();
    failures -= 1;
    throw new StoreUnavailableError('the database is not reachable');
  };
  return {
    ...money,
    ...(name === 'findReply' && { findReply: (key) => mayFail(() => money.findReply(key)) }),
    ...(name === 'saveReply' && {
      saveReply: (taskId, key, reply) => mayFail(() => money.saveReply(taskId, key, reply)),
    }),
  };
}
