import {
  aLedgerEntry,
  anEndedCall,
  aReservation,
  openScene,
  openTestDatabase,
  type OpenTestDatabase,
  type Scene,
} from '@pressroom/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createMoneyStore, createSessionStore, createTaskQueryStore, type MoneyStore } from '../src/index.ts';

describe('money', () => {
  let db: OpenTestDatabase;
  let scene: Scene;
  let money: MoneyStore;

  beforeAll(async () => {
    db = await openTestDatabase();
    scene = await openScene(db);
    money = createMoneyStore(db.database);
  });
  afterAll(() => db.close());

  /** A running step of a task with a budget. */
  const withBudget = async (budgetNano: string) => {
    const running = await scene.running({ budgetNano });
    const budget = `task:${running.task.id}`;
    const reservation = (facts: Parameters<typeof aReservation>[2] = {}) =>
      aReservation(running.attempt, running.sessionId, { budgets: [budget], ...facts });
    return { ...running, budget, reservation };
  };
  const counter = async (key: string) =>
    (await db.sql('SELECT limit_nano, reserved_nano, spent_nano FROM budget_counter WHERE key = $1', [key]))[0];
  const ledger = (taskId: string) =>
    db.sql(
      'SELECT status, cost_nano, baseline_nano FROM ledger_entry WHERE task_id = $1 ORDER BY created_at, cost_nano DESC',
      [taskId],
    );
  const sums = async (taskId: string) =>
    (
      await db.sql(
        `SELECT sum(cost_nano)::text AS cost, sum(baseline_nano)::text AS baseline, sum(uncached_input)::int AS input,
           sum(output)::int AS output FROM ledger_entry WHERE task_id = $1`,
        [taskId],
      )
    )[0];
  const open = (taskId: string) => db.sql('SELECT id FROM reservation WHERE task_id = $1', [taskId]);

  describe('reserve', () => {
    it('reserves the worst case in every budget in scope', async () => {
      const { budget, reservation, task } = await withBudget('1000');
      await db.sql(`INSERT INTO budget_counter (key, limit_nano) VALUES ('day', 5000)`);
      expect(await money.reserve([reservation({ budgets: [budget, 'day', 'no such budget'] })])).toMatchObject([
        { outcome: 'reserved' },
      ]);
      expect(await counter(budget)).toEqual({ limit_nano: '1000', reserved_nano: '100', spent_nano: '0' });
      expect(await counter('day')).toMatchObject({ reserved_nano: '100' });
      expect(await open(task.id)).toHaveLength(1);
    });

    it('rejects a call over budget, with the tightest budget and the shortfall, and reserves nothing', async () => {
      const { budget, reservation, task } = await withBudget('1000');
      await db.sql(`INSERT INTO budget_counter (key, limit_nano) VALUES ('tight', 30)`);
      const refused = reservation({ budgets: [budget, 'tight'] });
      expect(await money.reserve([refused])).toEqual([
        { id: refused.id, outcome: 'over_budget', budget: 'tight', shortfallNano: 70n, limitNano: 30n, spentNano: 0n },
      ]);
      expect(await counter(budget)).toMatchObject({ reserved_nano: '0' });
      expect(await open(task.id)).toEqual([]);
    });

    it('decides each call of a batch separately, in order', async () => {
      const { budget, reservation } = await withBudget('250');
      const answers = await money.reserve([reservation(), reservation({ amountNano: '200' }), reservation()]);
      expect(answers.map((answer) => answer.outcome)).toEqual(['reserved', 'over_budget', 'reserved']);
      expect(await counter(budget)).toMatchObject({ reserved_nano: '200' });
    });

    it('reserves once when repeated after a lost reply', async () => {
      const { budget, reservation } = await withBudget('1000');
      const again = reservation();
      await money.reserve([again]);
      expect(await money.reserve([again])).toEqual([{ id: again.id, outcome: 'reserved' }]);
      expect(await counter(budget)).toMatchObject({ reserved_nano: '100' });
    });
  });

  describe('endCalls', () => {
    it('turns the reserved into a spent amount, with one ledger entry and the stored reply', async () => {
      const { budget, reservation, task, attempt } = await withBudget('1000');
      const held = reservation();
      await money.reserve([held]);
      const key = { stepId: attempt.stepId, generation: 1, path: 'write', requestHash: 'h' };
      await money.endCalls([anEndedCall(held, { journal: { ...key, taskId: task.id, reply: { text: 'hello' } } })]);
      expect(await counter(budget)).toEqual({ limit_nano: '1000', reserved_nano: '0', spent_nano: '60' });
      expect(await ledger(task.id)).toEqual([{ status: 'ok', cost_nano: '60', baseline_nano: '100' }]);
      expect(await money.findReply(key)).toEqual({ text: 'hello' });
      expect(await open(task.id)).toEqual([]);
    });

    it.each([
      { title: 'later', repeat: (end: () => Promise<void>) => end() },
      {
        title: 'ten times at once',
        repeat: (end: () => Promise<void>) => Promise.all(Array.from({ length: 10 }, end)),
      },
    ])('is a no-op when repeated $title', async ({ repeat }) => {
      const { budget, reservation, task } = await withBudget('1000');
      const held = reservation();
      await money.reserve([held]);
      await money.endCalls([anEndedCall(held)]);
      await repeat(() => money.endCalls([anEndedCall(held, { costNano: '99' })]));
      expect(await counter(budget)).toMatchObject({ reserved_nano: '0', spent_nano: '60' });
      expect(await ledger(task.id)).toHaveLength(1);
    });

    it('keeps the first reply of a call and finds nothing for another request', async () => {
      const { attempt, task } = await withBudget('1');
      const key = { stepId: attempt.stepId, generation: 1, path: 'tool', requestHash: 'h' };
      await money.saveReply(task.id, key, { n: 1 });
      await money.saveReply(task.id, key, { n: 2 });
      expect(await money.findReply(key)).toEqual({ n: 1 });
      expect(await money.findReply({ ...key, requestHash: 'other' })).toBeUndefined();
      expect(await money.findReply({ ...key, generation: 2 })).toBeUndefined();
    });

    it('stores no content that was deleted during the call', async () => {
      const { reservation, task, attempt } = await withBudget('1000');
      const held = reservation();
      await money.reserve([held]);
      await db.sql(`UPDATE task SET status = 'cancelled', finished_at = now() WHERE id = $1`, [task.id]);
      await createTaskQueryStore(db.database).deleteContent(task.id, null);
      const key = { stepId: attempt.stepId, generation: 1, path: 'write', requestHash: 'h' };
      await money.endCalls([anEndedCall(held, { journal: { ...key, taskId: task.id, reply: 'a secret' } })]);
      await money.saveReply(task.id, { ...key, path: 'tool' }, 'another');
      expect(await db.sql('SELECT reply FROM call WHERE task_id = $1', [task.id])).toEqual([]);
      expect(await ledger(task.id)).toMatchObject([{ status: 'ok', cost_nano: '60' }]);
    });

    it('stores a reply with characters that jsonb rejects', async () => {
      const { reservation, task, attempt } = await withBudget('1000');
      const held = reservation();
      await money.reserve([held]);
      const key = { stepId: attempt.stepId, generation: 1, path: 'write', requestHash: 'h' };
      await money.endCalls([anEndedCall(held, { journal: { ...key, taskId: task.id, reply: { text: '\0' } } })]);
      expect(await money.findReply(key)).toEqual({ text: '\ufffd' });
    });
  });

  describe('a worker that crashes during calls', () => {
    const die = async (sessionId: string) => {
      await scene.expireSession(sessionId);
      await createSessionStore(db.database).reap();
    };

    it('leaves an uncertain entry at the worst case, and never releases it silently', async () => {
      const { budget, reservation, task, sessionId } = await withBudget('1000');
      await money.reserve([reservation()]);
      await die(sessionId);
      expect(await counter(budget)).toEqual({ limit_nano: '1000', reserved_nano: '0', spent_nano: '100' });
      expect(await ledger(task.id)).toEqual([{ status: 'uncertain', cost_nano: '100', baseline_nano: '100' }]);
      expect(await open(task.id)).toEqual([]);
    });

    it('is corrected by the late end of the call, with its exact sums', async () => {
      const { budget, reservation, task, sessionId } = await withBudget('1000');
      const held = reservation();
      await money.reserve([held]);
      await die(sessionId);
      await money.endCalls([anEndedCall(held, { baselineNano: '80', entry: { ...held.entry, output: 20 } })]);
      expect(await ledger(task.id)).toHaveLength(3);
      expect(await sums(task.id)).toEqual({ cost: '60', baseline: '80', input: 100, output: 20 });
      expect(await counter(budget)).toEqual({ limit_nano: '1000', reserved_nano: '0', spent_nano: '60' });
      expect((await createTaskQueryStore(db.database).get(task.id, null))?.cost).toMatchObject({
        usd: '0.000000060',
        baselineUsd: '0.000000080',
        calls: 1,
        inputTokens: 100,
        outputTokens: 20,
      });
    });

    it.each([
      { title: 'with a budget', budgeted: true },
      { title: 'without a budget row to lock', budgeted: false },
    ])('is corrected once by concurrent late ends, $title', async ({ budgeted }) => {
      const { reservation, task, sessionId } = await withBudget('1000');
      const held = reservation(budgeted ? {} : { budgets: [] });
      await money.reserve([held]);
      await die(sessionId);
      await Promise.all(Array.from({ length: 8 }, () => money.endCalls([anEndedCall(held)])));
      expect(await sums(task.id)).toMatchObject({ cost: '60' });
      expect(await ledger(task.id)).toHaveLength(3);
    });

    it('does not deadlock with calls that end while it is reaped', async () => {
      const { budget, reservation, task, sessionId } = await withBudget('1000000');
      const held = Array.from({ length: 60 }, () => reservation());
      await money.reserve(held);
      await scene.expireSession(sessionId);
      await Promise.all([
        createSessionStore(db.database).reap(),
        ...held.toReversed().map((one) => money.endCalls([anEndedCall(one)])),
      ]);
      expect(await sums(task.id)).toMatchObject({ cost: '3600' });
      expect(await counter(budget)).toMatchObject({ reserved_nano: '0', spent_nano: '3600' });
    });
  });

  describe('ledger partitions', () => {
    it('exist for this month and the next two', async () => {
      const names = await db.sql<{ name: string }>(
        `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
         WHERE i.inhparent = 'ledger_entry'::regclass AND c.relname <> 'ledger_entry_default' ORDER BY 1`,
      );
      const [{ months } = { months: [] }] = await db.sql<{ months: string[] }>(
        `SELECT array_agg('ledger_entry_' || to_char(now() AT TIME ZONE 'utc' + make_interval(months => n), 'YYYY_MM') ORDER BY n) AS months
         FROM generate_series(0, 2) n`,
      );
      expect(names.map((row) => row.name)).toEqual(months);
    });

    it('can be ensured repeatedly and concurrently', async () => {
      await Promise.all(Array.from({ length: 4 }, () => money.ensurePartitions(4)));
      const [row] = await db.sql<{ n: number }>(
        `SELECT count(*)::int AS n FROM pg_inherits WHERE inhparent = 'ledger_entry'::regclass`,
      );
      expect(row?.n).toBe(6);
    });

    it.each(['2001-02-03', '2099-12-31'])(
      'accept an entry of %s, and later partitions do not trip over it',
      async (day) => {
        const { attempt, task } = await withBudget('1');
        await money.reserve([]);
        await db.sql(`SELECT write_ledger_entry($1::jsonb, 'ok', 5, 5)`, [JSON.stringify(aLedgerEntry(attempt))]);
        await db.sql('UPDATE ledger_entry SET created_at = $2 WHERE task_id = $1', [task.id, day]);
        await money.ensurePartitions(2);
        expect(await sums(task.id)).toMatchObject({ cost: '5' });
      },
    );
  });
});
