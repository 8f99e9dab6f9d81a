import { StoreUnavailableError, type MoneyStore } from '@pressroom/db';

/** A money store whose first hold is committed, but whose answer is lost with the connection. */
export function deafOnce(money: MoneyStore): MoneyStore {
  let isDeaf = true;
  return {
    ...money,
    async reserve(items) {
      const answers = await money.reserve(items);
      if (!isDeaf) return answers;
      isDeaf = false;
      throw new StoreUnavailableError('the database is not reachable');
    },
  };
}
