import { createEventFeed, createMoneyStore, createRetentionStore, type RetentionStore } from '@pressroom/db';
import { aReservation, openTestDatabase, type OpenTestDatabase } from '@pressroom/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openRun, OPERATOR, type Run } from './support/a-run.ts';

describe('an archived task', () => {
  let db: OpenTestDatabase;
  let run: Run;
  let retention: RetentionStore;

  beforeAll(async () => {
    db = await openTestDatabase();
    run = await openRun(db);
    retention = createRetentionStore(db.database);
  });
  afterAll(() => db.close());

  const archive = async (): Promise<number> => {
    let compacted = 0;
    for (let after: string | null = null, isFirst = true; isFirst || after !== null; isFirst = false) {
      const step = await retention.compact(after, 0);
      compacted += step.compacted;
      after = step.next;
    }
    return compacted;
  };
  const complete = async (facts: Parameters<Run['submit']>[0] = {}): Promise<string> => {
    const taskId = await run.submit(facts);
    for (const key of ['research', 'outline', 'draft-1', 'draft-2', 'draft-3', 'refine'])
      await run.complete(taskId, key);
    return taskId;
  };
  /** Everything that readers see of a task. */
  const answersOf = async (taskId: string) => ({
    task: await run.queries.get(taskId, null),
    steps: await run.queries.steps(taskId, null),
    output: await run.queries.stepOutput(taskId, null, 'outline'),
    result: await run.queries.resultMaterial(taskId, null),
    events: await createEventFeed(db.database).after(new Map([[taskId, 0]])),
    rest: await createEventFeed(db.database).after(new Map([[taskId, 5]])),
    deadLetters: (await run.deadLetters.list({ tenantId: null }, { cursor: undefined, limit: 50 })).items.filter(
      (deadLetter) => deadLetter.taskId === taskId,
    ),
  });
  const rowsOf = async (taskId: string) =>
    db.sql(
      `SELECT (SELECT jsonb_agg(s ORDER BY s.id) FROM step s WHERE task_id = $1) AS steps,
         (SELECT jsonb_agg(to_jsonb(a) - 'id' ORDER BY a.step_key, a.version) FROM artifact a WHERE task_id = $1) AS artifacts,
         (SELECT jsonb_agg(a ORDER BY a.step_id, a.attempt) FROM attempt a WHERE task_id = $1) AS attempts,
         (SELECT jsonb_agg(e ORDER BY e.seq) FROM task_event e WHERE task_id = $1) AS events,
         (SELECT jsonb_agg(b) FROM budget_counter b WHERE key = 'task:' || $1) AS budget`,
      [taskId],
    );
  const archived = async (taskId: string): Promise<boolean> =>
    (await db.sql('SELECT 1 FROM task_archive WHERE task_id = $1', [taskId])).length > 0;

  it('is returned unchanged by every query', async () => {
    const completed = await complete();
    const { taskId: partial } = await run.partial();
    const before = [await answersOf(completed), await answersOf(partial)];
    expect(await archive()).toBe(2);
    expect(await db.sql('SELECT 1 FROM step')).toEqual([]);
    expect([await answersOf(completed), await answersOf(partial)]).toEqual(before);
    expect(before[1]?.deadLetters[0]?.attempts).toHaveLength(1);
  });

  it('is restored exactly when it is restarted', async () => {
    const { taskId } = await run.partial();
    await db.sql(
      `UPDATE step SET params = '{"deep":{"nothing":null},"none":null}', error = '{"code":"X","message":"m","detail":null}' WHERE task_id = $1`,
      [taskId],
    );
    await db.sql(`INSERT INTO budget_counter (key, limit_nano, spent_nano) VALUES ('task:' || $1, 900, 70)`, [taskId]);
    const before = await rowsOf(taskId);
    await archive();
    expect(await archived(taskId)).toBe(true);
    expect((await db.sql(`SELECT 1 FROM budget_counter WHERE key = 'task:' || $1`, [taskId])).length).toBe(0);
    await db.sql('SELECT restore_task($1)', [taskId]);
    expect(await rowsOf(taskId)).toEqual(before);
    expect(await archived(taskId)).toBe(false);
  });

  it('is retried from a step, finishes again and is archived again', async () => {
    const taskId = await complete();
    await archive();
    expect(await run.restarts.retry(taskId, null, { fromStep: 'refine' }, OPERATOR)).toMatchObject({
      outcome: 'restarted',
      restarted: ['refine'],
    });
    expect(await run.statuses(taskId)).toMatchObject({
      research: 'completed',
      'draft-3': 'completed',
      refine: 'ready',
    });
    await run.complete(taskId, 'refine', { output: { text: 'second' } });
    await archive();
    expect(await run.queries.stepOutput(taskId, null, 'refine')).toEqual({ text: 'second' });
    expect((await answersOf(taskId)).events.map(({ event }) => event.type)).toContain('task.retried');
  });

  it('is not restored by a retry with nothing to do', async () => {
    const taskId = await complete();
    await archive();
    expect(await run.restarts.retry(taskId, null, {}, OPERATOR)).toEqual({ outcome: 'nothing_to_do' });
    expect(await archived(taskId)).toBe(true);
  });

  it('has its dead letter redriven', async () => {
    const { taskId, deadLetterId } = await run.partial();
    await archive();
    expect(await run.restarts.redrive(deadLetterId, null, {}, OPERATOR)).toMatchObject({ outcome: 'restarted' });
    expect(await run.statuses(taskId)).toMatchObject({ 'draft-1': 'completed', 'draft-2': 'ready' });
  });

  it('loses its content like other tasks, and keeps its steps', async () => {
    const taskId = await complete();
    await archive();
    const [steps] = [await run.queries.steps(taskId, null)];
    expect(await run.queries.deleteContent(taskId, null)).toBe('deleted');
    expect(await run.queries.resultMaterial(taskId, null)).toMatchObject({
      outputs: {},
      input: null,
      contentDeleted: true,
    });
    expect(await run.queries.steps(taskId, null)).toEqual(steps);
    expect(await run.restarts.retry(taskId, null, {}, OPERATOR)).toEqual({ outcome: 'content_deleted' });
  });

  it('was finished, old enough, and without reservations', async () => {
    const open = await run.submit();
    const young = await complete();
    const reserved = await run.submit();
    const attempt = await run.start(reserved, 'research');
    await createMoneyStore(db.database).reserve([aReservation(attempt, run.sessionId)]);
    await run.transitions.cancel(reserved, null);
    expect((await retention.compact(null, 60)).compacted).toBe(0);
    await archive();
    expect([await archived(open), await archived(young), await archived(reserved)]).toEqual([false, true, false]);
  });

  it('is archived once by concurrent processes', async () => {
    const tasks: string[] = [];
    for (let index = 0; index < 20; index += 1) tasks.push(await complete());
    const other = createRetentionStore(db.connect());
    const counts = await Promise.all([retention, other].map((store) => store.compact(null, 0)));
    const again = await archive();
    const rows = await db.sql('SELECT task_id FROM task_archive WHERE task_id = ANY ($1::uuid[])', [tasks]);
    expect(rows).toHaveLength(20);
    expect(counts.reduce((sum, { compacted }) => sum + compacted, again)).toBeGreaterThanOrEqual(20);
  });
});
