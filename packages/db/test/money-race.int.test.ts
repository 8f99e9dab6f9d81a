import { seededRandom, type Random } from '@pressroom/runtime';
import { anEndedCall, aReservation, openScene, openTestDatabase, type OpenTestDatabase } from '@pressroom/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createMoneyStore, type ReservationAnswer } from '../src/index.ts';

/** Three processes with separate pools share one budget. */
describe('two hundred reservations at once from three processes', () => {
  let db: OpenTestDatabase;

  beforeAll(async () => {
    db = await openTestDatabase();
  });
  afterAll(() => db.close());

  const counter = async (key: string) => {
    const [row] = await db.sql<{ reserved: string; spent: string }>(
      'SELECT reserved_nano AS reserved, spent_nano AS spent FROM budget_counter WHERE key = $1',
      [key],
    );
    return { reserved: BigInt(row?.reserved ?? 0), spent: BigInt(row?.spent ?? 0) };
  };
  const shuffle = <T>(items: readonly T[], random: Random): T[] =>
    items
      .map((item) => ({ item, rank: random() }))
      .sort((a, b) => a.rank - b.rank)
      .map(({ item }) => item);

  it('never exceed the budget, and reject none that would fit', async () => {
    const scene = await openScene(db);
    const { task, attempt, sessionId } = await scene.running({ budgetNano: '10000' });
    const budget = `task:${task.id}`;
    const stores = [db.connect(), db.connect(), db.connect()].map(createMoneyStore);
    // 200 × 100 against 10 000: exactly half fits.
    const wanted = Array.from({ length: 200 }, () => aReservation(attempt, sessionId, { budgets: [budget] }));
    const answers = (
      await Promise.all(wanted.map((one, index) => stores[index % 3]?.reserve([one]) ?? Promise.resolve([])))
    ).flat();
    const by = (outcome: ReservationAnswer['outcome']) => answers.filter((answer) => answer.outcome === outcome);
    expect(by('reserved')).toHaveLength(100);
    expect(by('over_budget')).toHaveLength(100);
    expect(await counter(budget)).toEqual({ reserved: 10_000n, spent: 0n });
  });

  it('are rejected only while others are open, and succeed after calls have ended for less', async () => {
    const random = seededRandom(7);
    const scene = await openScene(db);
    const { task, attempt, sessionId } = await scene.running({ budgetNano: '15000' });
    const budget = `task:${task.id}`;
    const stores = [db.connect(), db.connect(), db.connect()].map(createMoneyStore);
    const wanted = Array.from({ length: 200 }, () => aReservation(attempt, sessionId, { budgets: [budget] }));
    let mostCommitted = 0n;
    let pending = wanted;
    const store = (index: number) => {
      const found = stores[index % stores.length];
      if (!found) throw new Error('no store');
      return found;
    };
    // 200 × 60 = 12 000 at the end, but 20 000 at worst case: some must wait, none may fail for good.
    while (pending.length > 0) {
      const refused: typeof wanted = [];
      await Promise.all(
        shuffle(pending, random).map(async (one, index) => {
          const [answer] = await store(index).reserve([one]);
          if (answer?.outcome === 'over_budget') {
            refused.push(one);
            return;
          }
          const { reserved, spent } = await counter(budget);
          if (reserved + spent > mostCommitted) mostCommitted = reserved + spent;
          await store(index + 1).endCalls([anEndedCall(one)]);
        }),
      );
      // Nothing is reserved between two rounds, so the first reservation must succeed.
      expect(refused.length).toBeLessThan(pending.length);
      pending = refused;
    }
    expect(mostCommitted).toBeLessThanOrEqual(15_000n);
    expect(await counter(budget)).toEqual({ reserved: 0n, spent: 12_000n });
  });
});
