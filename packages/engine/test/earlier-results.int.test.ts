import {
  createOperationStore,
  createRetentionStore,
  createTaskOperationStore,
  type EarlierResult,
} from '@pressroom/db';
import { silentLogger, systemClock } from '@pressroom/runtime';
import { openTestDatabase, type OpenTestDatabase } from '@pressroom/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createOperationRunner } from '../src/index.ts';
import { OPERATOR, openRun, type Run } from './support/a-run.ts';

const KEYS = ['research', 'outline', 'draft-1', 'draft-2', 'draft-3', 'refine'];

describe('the result of an earlier generation', () => {
  let db: OpenTestDatabase;
  let run: Run;
  beforeAll(async () => {
    db = await openTestDatabase();
    run = await openRun(db);
  });
  afterAll(() => db.close());

  const material = (taskId: string, generation?: number) => run.queries.resultMaterial(taskId, null, generation);
  const complete = async (taskId: string, keys = KEYS): Promise<void> => {
    for (const key of keys) await run.complete(taskId, key);
  };
  const retry = (taskId: string, fromStep?: string) =>
    run.restarts.retry(taskId, null, { ...(fromStep !== undefined && { fromStep }) }, OPERATOR);
  const archive = async (taskId: string): Promise<void> => {
    await db.sql(`UPDATE task SET finished_at = now() - interval '1 day' WHERE id = $1`, [taskId]);
    await createRetentionStore(db.database).compact(null, 1);
    expect(await db.sql('SELECT 1 FROM task_archive WHERE task_id = $1', [taskId])).toHaveLength(1);
  };

  it('stays unchanged after a retry and a cancellation, archived or not', async () => {
    const taskId = await run.submit();
    await complete(taskId);
    const before = await material(taskId);
    expect(Object.keys(before?.outputs ?? {}).sort()).toEqual([...KEYS].sort());
    expect(await retry(taskId, 'outline')).toMatchObject({ outcome: 'restarted', generation: 2 });
    await run.complete(taskId, 'outline', { output: { text: 'another outline' } });
    await run.complete(taskId, 'draft-1', { output: { text: 'another draft' } });
    await run.transitions.cancel(taskId, null, OPERATOR);
    const expected = { outputs: before?.outputs, status: 'completed', generation: 1, earlierGenerations: [1] };
    expect(await material(taskId, 1)).toMatchObject(expected);
    expect(await material(taskId)).toMatchObject({ status: 'cancelled', generation: 2, earlierGenerations: [1] });
    await archive(taskId);
    expect(await material(taskId, 1)).toMatchObject(expected);
  });

  it('is stored for each generation with a result, also one that was archived when the next started', async () => {
    const { taskId } = await run.partial();
    const first = await material(taskId);
    await archive(taskId);
    await retry(taskId);
    await complete(taskId, ['draft-2', 'refine']);
    const second = await material(taskId);
    await retry(taskId, 'research');
    await run.fail(taskId, 'research');
    expect(await run.task(taskId)).toMatchObject({ status: 'failed', generation: 3 });
    await retry(taskId);
    await complete(taskId);

    expect(await material(taskId, 1)).toMatchObject({ outputs: first?.outputs, status: 'partial' });
    expect(await material(taskId, 2)).toMatchObject({ outputs: second?.outputs, status: 'completed' });
    expect((await material(taskId, 3))?.generation).toBe(4);
    expect(await material(taskId)).toMatchObject({ status: 'completed', generation: 4, earlierGenerations: [1, 2] });
  });

  it('stays readable after a bulk retry, which skips tasks without a result', async () => {
    const tenantId = await run.scene.addTenant();
    const { taskId } = await run.partial({ tenantId });
    const cancelled = await run.submit({ tenantId });
    await run.transitions.cancel(cancelled, null, OPERATOR);
    const before = await material(taskId);
    const tasks = createTaskOperationStore(db.database);
    const operations = createOperationStore(db.database);
    const wanted = { kind: 'task.retry', selection: { tenantId }, options: {}, ratePerSecond: null } as const;
    await tasks.create({ ...wanted, limit: null, dryRun: false, actor: OPERATOR });
    const log = silentLogger();
    const deadLetters = run.deadLetterStore;
    await createOperationRunner({
      operations,
      tasks,
      deadLetters,
      restarts: run.restarts,
      clock: systemClock,
      log,
    }).runOnce();
    expect(await material(taskId, 1)).toMatchObject({ outputs: before?.outputs, status: 'partial', generation: 1 });
    expect(await db.sql('SELECT earlier_results AS kept FROM task WHERE id = $1', [cancelled])).toEqual([
      { kept: null },
    ]);
  });

  it('is stored for the last twenty generations', async () => {
    const { taskId } = await run.partial();
    for (let generation = 2; generation <= 24; generation += 1) {
      await retry(taskId, 'refine');
      await run.complete(taskId, 'refine');
    }
    const [row] = await db.sql<{ kept: EarlierResult[] }>('SELECT earlier_results AS kept FROM task WHERE id = $1', [
      taskId,
    ]);
    expect(row?.kept.map(({ generation }) => generation)).toEqual(Array.from({ length: 20 }, (_, n) => n + 4));
    expect((await material(taskId, 4))?.outputs['refine']).toBeDefined();
  });
});
