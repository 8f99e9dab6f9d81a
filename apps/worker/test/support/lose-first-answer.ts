import { StoreUnavailableError, type MoneyStore } from '@pressroom/db';

/** A money store whose first reservation is committed, but whose answer is lost with the connection. */
export function loseFirstAnswer(money: MoneyStore): MoneyStore {
  let isFirst = true;
  return {
    ...money,
    async reserve(items) {
      const answers = await money.reserve(items);
      if (!isFirst) return answers;
      isFirst = false;
      throw new StoreUnavailableError('the database is not reachable');
    },
  };
}
