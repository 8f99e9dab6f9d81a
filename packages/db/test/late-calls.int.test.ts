import { anEndedCall, aReservation, openScene, openTestDatabase, type OpenTestDatabase } from '@pressroom/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createMoneyStore, createRetentionStore } from '../src/index.ts';

describe('a call that ends after it was written off and its task was archived', () => {
  let db: OpenTestDatabase;

  beforeAll(async () => {
    db = await openTestDatabase();
  });
  afterAll(() => db.close());

  /** A cancelled and archived task whose only call was written off at 1,000. */
  const foldedTask = async () => {
    const scene = await openScene(db);
    const { task, attempt, sessionId } = await scene.running({ budgetNano: '10000' });
    const money = createMoneyStore(db.database);
    const reservation = aReservation(attempt, sessionId, { budgets: [`task:${task.id}`], amountNano: '1000' });
    await money.reserve([reservation]);
    await money.writeOff(reservation.id, 'TIMEOUT');
    await db.sql('SELECT * FROM cancel_tasks(ARRAY[$1::uuid], NULL)', [task.id]);
    await createRetentionStore(db.database).compact(null, 0);
    expect(await db.sql('SELECT 1 FROM task_archive WHERE task_id = $1', [task.id])).toHaveLength(1);
    const journal = { stepId: attempt.stepId, generation: 1, path: 'p', requestHash: 'h', taskId: task.id, reply: {} };
    return { taskId: task.id, money, end: anEndedCall(reservation, { costNano: '10', journal }) };
  };
  const spentOf = async (taskId: string) => {
    const [row] = await db.sql<{ archived: string | null; counter: string | null; ledger: string }>(
      `SELECT (SELECT budget ->> 'spent_nano' FROM task_archive WHERE task_id = $1::uuid) AS archived,
         (SELECT spent_nano::text FROM budget_counter WHERE key = 'task:' || $1::text) AS counter,
         (SELECT sum(cost_nano)::text FROM ledger_entry WHERE task_id = $1::uuid) AS ledger`,
      [taskId],
    );
    return row;
  };

  it('counts once towards the archived budget, which a retry restores', async () => {
    const { taskId, money, end } = await foldedTask();
    expect(await spentOf(taskId)).toEqual({ archived: '1000', counter: null, ledger: '1000' });
    await money.endCalls([end]);
    await money.endCalls([end]);
    expect(await spentOf(taskId)).toEqual({ archived: '10', counter: null, ledger: '10' });
    await db.sql('SELECT restore_task($1)', [taskId]);
    expect(await spentOf(taskId)).toEqual({ archived: null, counter: '10', ledger: '10' });
  });

  it('is found by the rule that removes journal replies', async () => {
    const { taskId, money, end } = await foldedTask();
    await money.endCalls([end]);
    expect(await db.sql('SELECT has_calls FROM task_archive WHERE task_id = $1', [taskId])).toEqual([
      { has_calls: true },
    ]);
  });

  it('stores no journal reply of a removed task', async () => {
    const { taskId, money, end } = await foldedTask();
    await db.sql('SELECT remove_tasks(ARRAY[$1::uuid])', [taskId]);
    await money.endCalls([end]);
    expect(await db.sql('SELECT 1 FROM call WHERE task_id = $1', [taskId])).toEqual([]);
    expect((await spentOf(taskId))?.ledger).toBe('10');
  });
});
