import {
  anEndedCall,
  aReservation,
  openScene,
  openTestDatabase,
  type OpenTestDatabase,
  type Scene,
} from '@pressroom/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  createMoneyStore,
  createSessionStore,
  type MoneyStore,
  type Reservation,
  type SessionStore,
  type StepAttempt,
} from '../src/index.ts';

const LIMIT = 1_000n;

/** Expected database state. */
interface Model {
  open: Map<string, Reservation>;
  /** Settled or written-off costs by reservation. */
  spent: Map<string, { costNano: bigint; ended: boolean; reservation: Reservation }>;
}

interface Real {
  budget: string;
  taskId: string;
  worker: { sessionId: string; attempt: StepAttempt };
}

describe('budget, reservations and ledger under any interleaving', () => {
  let db: OpenTestDatabase;
  let scene: Scene;
  let money: MoneyStore;
  let sessions: SessionStore;

  beforeAll(async () => {
    db = await openTestDatabase();
    scene = await openScene(db);
    money = createMoneyStore(db.database);
    sessions = createSessionStore(db.database);
  });
  afterAll(() => db.close());

  const total = (model: Model) => {
    const reserved = [...model.open.values()].reduce((sum, one) => sum + BigInt(one.amountNano), 0n);
    const spent = [...model.spent.values()].reduce((sum, one) => sum + one.costNano, 0n);
    return { reserved, spent };
  };

  const check = async (model: Model, real: Real): Promise<void> => {
    const [row] = await db.sql<Record<string, string>>(
      `SELECT c.reserved_nano AS reserved, c.spent_nano AS spent,
         (SELECT coalesce(sum(amount_nano), 0) FROM reservation WHERE task_id = $2)::text AS open,
         (SELECT coalesce(sum(cost_nano), 0) FROM ledger_entry WHERE task_id = $2)::text AS ledger
       FROM budget_counter c WHERE c.key = $1`,
      [real.budget, real.taskId],
    );
    const { reserved, spent } = total(model);
    expect(row).toEqual({
      reserved: reserved.toString(),
      spent: spent.toString(),
      open: reserved.toString(),
      ledger: spent.toString(),
    });
  };

  const reserveCommand = (amounts: number[]): fc.AsyncCommand<Model, Real> => ({
    check: () => true,
    async run(model, real) {
      const items = amounts.map((amount) =>
        aReservation(real.worker.attempt, real.worker.sessionId, {
          budgets: [real.budget],
          amountNano: String(amount),
        }),
      );
      const answers = await money.reserve(items);
      for (const [index, item] of items.entries()) {
        const { reserved, spent } = total(model);
        const rest = LIMIT - reserved - spent - BigInt(item.amountNano);
        expect(answers[index]).toEqual(
          rest >= 0n
            ? { id: item.id, outcome: 'reserved' }
            : {
                id: item.id,
                outcome: 'over_budget',
                budget: real.budget,
                shortfallNano: -rest,
                limitNano: LIMIT,
                spentNano: spent,
              },
        );
        if (rest >= 0n) model.open.set(item.id, item);
      }
      await check(model, real);
    },
    toString: () => `reserve(${amounts.join(', ')})`,
  });

  /** Ends one call in any state of its reservation; its cost is a share of the reserved amount. */
  const endCommand = (pick: number, percent: number): fc.AsyncCommand<Model, Real> => ({
    check: (model) => model.open.size + model.spent.size > 0,
    async run(model, real) {
      const known = [...model.open.values(), ...[...model.spent.values()].map((one) => one.reservation)];
      const item = known[pick % known.length];
      if (!item) throw new Error('nothing to end');
      const costNano = (BigInt(item.amountNano) * BigInt(percent)) / 100n;
      await money.endCalls([anEndedCall(item, { costNano: costNano.toString() })]);
      if (!model.spent.get(item.id)?.ended) model.spent.set(item.id, { costNano, ended: true, reservation: item });
      model.open.delete(item.id);
      await check(model, real);
    },
    toString: () => `end(#${pick}, ${percent} %)`,
  });

  const reapCommand: fc.AsyncCommand<Model, Real> = {
    check: () => true,
    async run(model, real) {
      await scene.expireSession(real.worker.sessionId);
      await sessions.reap();
      for (const [id, reservation] of model.open) {
        model.spent.set(id, { costNano: BigInt(reservation.amountNano), ended: false, reservation });
      }
      model.open.clear();
      await check(model, real);
      // From now on the next worker runs the step and makes reservations.
      const { stepId, attempt } = real.worker.attempt;
      await db.sql(`UPDATE step SET status = 'queued' WHERE id = $1`, [stepId]);
      const sessionId = await scene.addSession();
      real.worker = { sessionId, attempt: await scene.acquire(sessionId, stepId, attempt + 1) };
    },
    toString: () => 'reap',
  };

  it('keeps reserved = Σ open, spent = Σ ledger, and spent + reserved within the limit', async () => {
    const commands = fc.commands(
      [
        fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 4 }).map(reserveCommand),
        fc.tuple(fc.nat(20), fc.integer({ min: 0, max: 100 })).map(([pick, percent]) => endCommand(pick, percent)),
        fc.tuple(fc.nat(20), fc.integer({ min: 0, max: 100 })).map(([pick, percent]) => endCommand(pick, percent)),
        fc.constant(reapCommand),
      ],
      { maxCommands: 25 },
    );
    await fc.assert(
      fc.asyncProperty(commands, async (plan) => {
        const { task, attempt, sessionId } = await scene.running({ budgetNano: LIMIT.toString() });
        await fc.asyncModelRun(
          () => ({
            model: { open: new Map(), spent: new Map() },
            real: { budget: `task:${task.id}`, taskId: task.id, worker: { sessionId, attempt } },
          }),
          plan,
        );
      }),
      { numRuns: 40 },
    );
  });
});
