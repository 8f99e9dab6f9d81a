import {
  createDeadLetterStore,
  createLoopLeaseStore,
  createOperationStore,
  createTaskOperationStore,
  type NewOperation,
  type OperationStore,
} from '@pressroom/db';
import { newId, silentLogger, systemClock } from '@pressroom/runtime';
import { openTestDatabase, until, type OpenTestDatabase } from '@pressroom/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { createOperationRunner, startDeadLetterLoops, type OperationRunner, type TaskRestarts } from '../src/index.ts';
import { OPERATOR, openRun, type Run } from './support/a-run.ts';

/** `BULK_TASKS=100000` measures the size of an incident. */
const MANY = Number(process.env['BULK_TASKS'] ?? 20_000);

describe('bulk operations', () => {
  let db: OpenTestDatabase;
  let run: Run;
  let operations: OperationStore;
  let tenantId: string;

  beforeAll(async () => {
    db = await openTestDatabase();
    run = await openRun(db);
    operations = createOperationStore(db.database);
  });
  afterAll(() => db.close());
  beforeEach(async () => {
    tenantId = await run.scene.addTenant();
  });

  const log = silentLogger();
  const aRunner = (restarts: TaskRestarts = run.restarts): OperationRunner =>
    createOperationRunner({
      operations,
      tasks: createTaskOperationStore(db.database),
      deadLetters: run.deadLetterStore,
      restarts,
      clock: systemClock,
      log,
    });
  const start = async (facts: Partial<NewOperation> = {}): Promise<string> => {
    const { operationId } = await operations.create({
      kind: 'dead_letter.redrive',
      selection: { tenantId },
      options: {},
      ratePerSecond: null,
      limit: null,
      dryRun: false,
      actor: OPERATOR,
      ...facts,
    });
    return operationId;
  };
  const viewOf = async (id: string) => {
    const view = await operations.get(id, null);
    if (!view) throw new Error('no such operation');
    return view;
  };
  /** Runs until the operation has ended; each run takes at most a second. */
  const finish = async (id: string, runner = aRunner()) => {
    for (let turn = 0; turn < 20 && (await viewOf(id)).status === 'running'; turn += 1) await runner.runOnce();
    return viewOf(id);
  };
  const statesOf = async () =>
    (
      await db.sql<{ state: string; count: number }>(
        'SELECT state, count(*)::int AS count FROM dead_letter WHERE tenant_id = $1 GROUP BY state ORDER BY state',
        [tenantId],
      )
    ).map(({ state, count }) => [state, count]);
  /** Dead letters without tasks, which are cheap to create. */
  const addDeadLetters = (count: number) =>
    db.sql(
      `INSERT INTO dead_letter (id, task_id, step_id, step_key, agent, tenant_id, task_type, generation, error_code, message,
         fingerprint, attempts, payload)
       SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'draft-1', 'draft', $2, 'article', 1, 'AGENT_BUG', 'a bug',
         'aaaaaaaaaaaaaaaa', 1, '{}' FROM generate_series(1, $1)`,
      [count, tenantId],
    );

  it('redrives every open dead letter of a selection, and counts those closed with a sibling', async () => {
    const tasks: string[] = [];
    for (let index = 0; index < 5; index += 1) tasks.push((await run.partial({ tenantId })).taskId);
    const twice = await run.submit({ tenantId });
    for (const key of ['research', 'outline', 'draft-1']) await run.complete(twice, key);
    for (const key of ['draft-2', 'draft-3']) await run.fail(twice, key);
    await run.complete(twice, 'refine');

    const id = await start();
    expect(await finish(id)).toMatchObject({ status: 'done', matched: 7, done: 7, failed: 0 });
    for (const taskId of [...tasks, twice])
      expect(await run.task(taskId)).toMatchObject({ status: 'queued', generation: 2 });
    expect(await statesOf()).toEqual([['redriven', 7]]);
  });

  it('applies the patch and the tier to each step', async () => {
    const { taskId } = await run.partial({ tenantId });
    await db.sql(`UPDATE step SET params = '{"part":2}' WHERE task_id = $1 AND key = 'draft-2'`, [taskId]);
    await finish(await start({ options: { patch: { part: 9 }, tier: 'T3', resetCalls: true } }));
    expect(await run.step(taskId, 'draft-2')).toMatchObject({ params: { part: 9 }, tier: 'T3', journal_generation: 2 });
  });

  it('stops at its limit, oldest first', async () => {
    const first = await run.partial({ tenantId });
    await run.partial({ tenantId });
    expect(await finish(await start({ limit: 1 }))).toMatchObject({ status: 'done', matched: 1, done: 1 });
    expect(await run.deadLettersOf(first.taskId)).toMatchObject([{ state: 'redriven' }]);
    expect(await statesOf()).toEqual([
      ['open', 1],
      ['redriven', 1],
    ]);
  });

  it('reports the error of failed items, and continues', async () => {
    const running = await run.submit({ tenantId });
    for (const key of ['research', 'outline']) await run.complete(running, key);
    await run.fail(running, 'draft-2');
    await run.partial({ tenantId });
    expect(await finish(await start())).toMatchObject({
      status: 'done',
      done: 1,
      failed: 1,
      lastError: { code: 'CONFLICT', message: 'the task is running' },
    });
  });

  it('fails when no item succeeds', async () => {
    await addDeadLetters(3);
    expect(await finish(await start())).toMatchObject({ status: 'failed', matched: 3, done: 0, failed: 3 });
  });

  it('does not redrive dead letters created during the operation', async () => {
    const { taskId } = await run.partial({ tenantId });
    const dying: TaskRestarts = {
      ...run.restarts,
      async redrive(...args) {
        const outcome = await run.restarts.redrive(...args);
        await run.fail(taskId, 'draft-2');
        await run.complete(taskId, 'refine');
        return outcome;
      },
    };
    expect(await finish(await start(), aRunner(dying))).toMatchObject({ status: 'done', done: 1 });
    expect(await run.task(taskId)).toMatchObject({ generation: 2, status: 'partial' });
    expect(await statesOf()).toEqual([
      ['open', 1],
      ['redriven', 1],
    ]);
  });

  it('continues after a coordinator has crashed, and counts each item once', async () => {
    for (let index = 0; index < 25; index += 1) await run.partial({ tenantId });
    const id = await start();
    // Crashes after processing its second batch, before counting it.
    let batches = 0;
    const mortal = createOperationRunner({
      tasks: createTaskOperationStore(db.database),
      operations: {
        ...operations,
        advance: (operation, progress) => {
          batches += 1;
          if (batches > 1) throw Object.assign(new Error('the process is gone'), { code: 'ECONNRESET' });
          return operations.advance(operation, progress);
        },
      },
      deadLetters: run.deadLetterStore,
      restarts: run.restarts,
      clock: systemClock,
      log,
    });
    await expect(mortal.runOnce()).rejects.toThrow('the process is gone');
    expect(await viewOf(id)).toMatchObject({ status: 'running', done: 20 });
    expect(await statesOf()).toEqual([['redriven', 25]]);
    expect(await finish(id)).toMatchObject({ status: 'done', matched: 25, done: 25, failed: 0 });
    const generations = await db.sql('SELECT DISTINCT generation FROM task WHERE tenant_id = $1', [tenantId]);
    expect(generations).toEqual([{ generation: 2 }]);
  });

  it('is safe with two coordinators at once', async () => {
    for (let index = 0; index < 30; index += 1) await run.partial({ tenantId });
    const id = await start();
    await Promise.all([finish(id, aRunner()), finish(id, aRunner())]);
    expect(await viewOf(id)).toMatchObject({ status: 'done', done: 30, failed: 0 });
    expect(await db.sql('SELECT DISTINCT generation FROM task WHERE tenant_id = $1', [tenantId])).toEqual([
      { generation: 2 },
    ]);
  });

  it('respects its rate', async () => {
    await addDeadLetters(200);
    const id = await start({ kind: 'dead_letter.discard', options: { reason: 'known' }, ratePerSecond: 50 });
    const runner = aRunner();
    const startedMs = performance.now();
    await until(async () => {
      await runner.runOnce();
      return (await viewOf(id)).done >= 30;
    });
    const seconds = (performance.now() - startedMs) / 1_000;
    expect((await viewOf(id)).done).toBeLessThanOrEqual(1 + 50 * (seconds + 0.1));
    await operations.abort(id, null, OPERATOR);
  });

  it('waits while its tenant’s backlog is half full, so that submissions are not rejected', async () => {
    for (let index = 0; index < 3; index += 1) await run.partial({ tenantId });
    await db.sql('UPDATE tenant SET max_backlog = 4 WHERE id = $1', [tenantId]);
    const open = [await run.submit({ tenantId }), await run.submit({ tenantId })];
    const id = await start();
    const runner = aRunner();
    await runner.runOnce();
    expect(await viewOf(id)).toMatchObject({ status: 'running', done: 0, failed: 0 });
    for (const taskId of open) await run.transitions.cancel(taskId, null);
    expect(await finish(id, runner)).toMatchObject({ status: 'done', done: 3 });
  });

  it('redrives dead letters of other tenants while one is full, and its own later', async () => {
    const other = await run.scene.addTenant();
    await db.sql('UPDATE tenant SET max_backlog = 2 WHERE id = $1', [tenantId]);
    const open = await run.submit({ tenantId });
    const own = await run.partial({ tenantId });
    const theirs = await run.partial({ tenantId: other });
    const id = await start({ selection: { tenantId: null, ids: [own.deadLetterId, theirs.deadLetterId] } });
    for (let round = 0; round < 3; round += 1) await aRunner().runOnce();
    expect(await viewOf(id)).toMatchObject({ status: 'running', done: 1, failed: 0 });
    expect((await run.task(theirs.taskId)).generation).toBe(2);
    await run.transitions.cancel(open, null);
    expect(await finish(id)).toMatchObject({ status: 'done', done: 2, failed: 0 });
    expect((await run.task(own.taskId)).generation).toBe(2);
  });

  it('does not change dead letters of other tenants', async () => {
    const stranger = await run.partial({ tenantId: await run.scene.addTenant() });
    await run.partial({ tenantId });
    expect(await finish(await start())).toMatchObject({ matched: 1, done: 1 });
    expect(await run.deadLettersOf(stranger.taskId)).toMatchObject([{ state: 'open' }]);
  });

  it('discards tens of thousands while lists respond, and stops after the current batch when aborted', async () => {
    await addDeadLetters(MANY);
    await db.sql('ANALYZE dead_letter');
    const startLoops = () =>
      startDeadLetterLoops({
        operations: aRunner(),
        watch: { checkGrowth: () => Promise.resolve(0) },
        deadLetters: createDeadLetterStore(db.database),
        leases: createLoopLeaseStore(db.database),
        onOpenCount: () => undefined,
        clock: systemClock,
        log,
      });
    let loops = startLoops();
    try {
      const id = await start({ kind: 'dead_letter.discard', options: { reason: 'a fault that was fixed' } });
      expect(await viewOf(id)).toMatchObject({ matched: MANY, status: 'running' });
      const waitsMs: number[] = [];
      await until(
        async () => {
          const startedMs = performance.now();
          await run.deadLetters.list({ tenantId, state: 'open' }, { cursor: undefined, limit: 50 });
          waitsMs.push(performance.now() - startedMs);
          return (await viewOf(id)).done >= MANY / 5;
        },
        { timeoutMs: 60_000 },
      );
      const aborted = await operations.abort(id, null, OPERATOR);
      expect(aborted).toMatchObject({ status: 'aborted' });
      await loops.stop();
      const { done: last } = await viewOf(id);
      // The current batch, and not one more.
      expect(last - (aborted?.done ?? 0)).toBeLessThanOrEqual(2 * 200);
      const [row] = await db.sql<{ count: number }>(
        `SELECT count(*)::int AS count FROM dead_letter WHERE tenant_id = $1 AND state = 'discarded'`,
        [tenantId],
      );
      // All closed items are counted, and the rest stay open.
      expect(row?.count).toBe(last);
      expect(last).toBeLessThan(MANY);
      waitsMs.sort((a, b) => a - b);
      expect(waitsMs[Math.floor(waitsMs.length * 0.95)]).toBeLessThan(500);

      loops = startLoops();
      const rest = await start({ kind: 'dead_letter.discard', options: { reason: 'the rest' } });
      await until(async () => (await viewOf(rest)).status === 'done', { timeoutMs: 150_000 });
      expect(await statesOf()).toEqual([['discarded', MANY]]);
    } finally {
      await loops.stop();
    }
  }, 240_000);

  it('ends an operation without items at once', async () => {
    expect(await finish(await start({ selection: { tenantId: newId() } }))).toMatchObject({
      status: 'done',
      matched: 0,
    });
  });
});
