import {
  createOperationStore,
  createTaskOperationStore,
  MAX_LOCKED_PASSES,
  type Database,
  type NewTaskOperation,
} from '@pressroom/db';
import { silentLogger, systemClock } from '@pressroom/runtime';
import { holdRows, openTestDatabase, type OpenTestDatabase } from '@pressroom/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { createOperationRunner, type OperationRunner } from '../src/index.ts';
import { OPERATOR, openRun, type Run } from './support/a-run.ts';

const TASKS = 250;

describe('an item of a bulk operation that another transaction has locked', () => {
  let db: OpenTestDatabase;
  let run: Run;
  let tenantId: string;
  let taskIds: string[];

  beforeAll(async () => {
    db = await openTestDatabase();
    run = await openRun(db);
  });
  afterAll(() => db.close());
  beforeEach(async () => {
    tenantId = await run.scene.addTenant();
  });

  const aRunner = (database: Database = db.database): OperationRunner =>
    createOperationRunner({
      operations: createOperationStore(database),
      tasks: createTaskOperationStore(database),
      deadLetters: run.deadLetterStore,
      restarts: run.restarts,
      clock: systemClock,
      log: silentLogger(),
    });
  const viewOf = (id: string) => createOperationStore(db.database).get(id, null);
  const start = async (kind: NewTaskOperation['kind']): Promise<string> => {
    const wanted = { kind, selection: { tenantId }, options: {}, ratePerSecond: null, limit: null, dryRun: false };
    return (await createTaskOperationStore(db.database).create({ ...wanted, actor: OPERATOR })).operationId;
  };
  const rounds = async (id: string, runner: OperationRunner, isOver: () => Promise<boolean>): Promise<void> => {
    for (let turn = 0; turn < 100 && !(await isOver()); turn += 1) await runner.runOnce();
    expect(await isOver(), JSON.stringify(await viewOf(id))).toBe(true);
  };
  const isDone = (id: string, done: number) => async () => (await viewOf(id))?.done === done;
  const isEnded = (id: string) => async () => (await viewOf(id))?.status !== 'running';
  const submit = async (kind: NewTaskOperation['kind'], count: number): Promise<void> => {
    taskIds = await Promise.all(Array.from({ length: count }, () => run.submit({ tenantId })));
    if (kind === 'task.cancel') return;
    await db.sql('SELECT cancel_tasks($1::uuid[], $2, true)', [taskIds, taskIds[0]]);
  };
  const touched = async (): Promise<number> =>
    (await db.sql(`SELECT 1 FROM task_event WHERE task_id = ANY ($1) AND type = $2`, [taskIds, touchedBy])).length;
  let touchedBy = '';

  describe.each([
    ['task.cancel', 'task.cancelled'],
    ['task.retry', 'task.retried'],
  ] as const)('of %s', (kind, event) => {
    beforeEach(() => {
      touchedBy = event;
    });

    it.each([
      ['task', 'SELECT 1 FROM task WHERE id = $1 FOR UPDATE'],
      ['step', `SELECT 1 FROM step WHERE task_id = $1 AND key = 'research' FOR UPDATE`],
    ])(
      'waits for its %s row while all others are processed, and is processed by the next coordinator',
      async (_, query) => {
        await submit(kind, TASKS);
        const id = await start(kind);
        const release = await holdRows(db.url, query, [taskIds[100]]);
        try {
          await rounds(id, aRunner(), isDone(id, TASKS - 1));
          expect(await touched()).toBe(TASKS - 1);
          await aRunner().runOnce();
          expect(await viewOf(id)).toMatchObject({ status: 'running', done: TASKS - 1, failed: 0 });
        } finally {
          await release();
        }
        await rounds(id, aRunner(db.connect()), isEnded(id));
        expect(await viewOf(id)).toMatchObject({ status: 'done', matched: TASKS, done: TASKS, failed: 0 });
        expect(await touched()).toBe(TASKS);
      },
    );

    it('counts as failed, with its id and the reason, when it stays locked', async () => {
      await submit(kind, 3);
      const id = await start(kind);
      const release = await holdRows(db.url, 'SELECT 1 FROM task WHERE id = $1 FOR UPDATE', [taskIds[1]]);
      try {
        const runner = aRunner();
        // The first run tries it twice: with the others, and after them.
        for (let pass = 2; pass < MAX_LOCKED_PASSES; pass += 1) await runner.runOnce();
        expect(await viewOf(id)).toMatchObject({ done: 2, failed: 0 });
        await rounds(id, runner, isEnded(id));
      } finally {
        await release();
      }
      const view = await viewOf(id);
      expect(view).toMatchObject({ status: 'done', done: 2, failed: 1, lastError: { code: 'UNAVAILABLE' } });
      expect(view?.lastError?.message).toContain(taskIds[1]);
      expect(await touched()).toBe(2);
    });

    it('counts as failed when a coordinator of the previous release ends the operation without it', async () => {
      await submit(kind, 3);
      const id = await start(kind);
      const release = await holdRows(db.url, 'SELECT 1 FROM task WHERE id = $1 FOR UPDATE', [taskIds[1]]);
      await aRunner().runOnce();
      await release();
      await createOperationStore(db.database).finish(id);
      const view = await viewOf(id);
      expect(view).toMatchObject({ status: 'done', done: 2, failed: 1, lastError: { code: 'UNAVAILABLE' } });
      expect(view?.lastError?.message).toContain(taskIds[1]);
    });
  });

  it('can be a dead letter: others are discarded at once, and this one when it is unlocked', async () => {
    const dead = await Promise.all(Array.from({ length: 5 }, () => run.partial({ tenantId })));
    const held = dead[2]?.taskId ?? '';
    const operations = createOperationStore(db.database);
    const wanted = { kind: 'dead_letter.discard', selection: { tenantId }, ratePerSecond: null, limit: null } as const;
    const options = { reason: 'obsolete' };
    const { operationId } = await operations.create({ ...wanted, options, dryRun: false, actor: OPERATOR });
    const release = await holdRows(db.url, 'SELECT 1 FROM dead_letter WHERE task_id = $1 FOR UPDATE', [held]);
    try {
      await rounds(operationId, aRunner(), isDone(operationId, 4));
    } finally {
      await release();
    }
    await rounds(operationId, aRunner(), isEnded(operationId));
    expect(await viewOf(operationId)).toMatchObject({ status: 'done', done: 5, failed: 0 });
  });

  it('makes a coordinator of the previous release wait and fail its whole batch', async () => {
    await submit('task.cancel', 3);
    const release = await holdRows(db.url, 'SELECT 1 FROM task WHERE id = $1 FOR UPDATE', [taskIds[1]]);
    await expect(db.sql('SELECT * FROM cancel_tasks($1::uuid[], $2)', [taskIds, taskIds[0]])).rejects.toThrow('lock');
    await release();
    expect(await db.sql('SELECT * FROM cancel_tasks($1::uuid[], $2)', [taskIds, taskIds[0]])).toHaveLength(3);
  });
});
