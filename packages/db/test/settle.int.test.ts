import { ALL_QUEUES } from '@pressroom/contracts';
import {
  aChain,
  aLedgerEntry,
  aSettlement,
  aStep,
  driveSteps,
  openScene,
  openTestDatabase,
  type OpenTestDatabase,
  type Scene,
  type StepDriver,
} from '@pressroom/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createStepStore, type NewStep, type StepAttempt } from '../src/index.ts';

describe('settle', () => {
  let db: OpenTestDatabase;
  let scene: Scene;
  let steps: StepDriver;

  beforeAll(async () => {
    db = await openTestDatabase();
    scene = await openScene(db);
    steps = driveSteps(db.database);
  });
  afterAll(() => db.close());

  const taskRow = async (taskId: string) =>
    (
      await db.sql(
        `SELECT status, steps_total, steps_left, event_seq, spent_nano, degraded, limitations, finished_at IS NOT NULL AS finished
         FROM task WHERE id = $1`,
        [taskId],
      )
    )[0];
  const stepRows = (taskId: string) =>
    db.sql<{ key: string; status: string; deps_left: number; attempt: number }>(
      'SELECT key, status, deps_left, attempt FROM step WHERE task_id = $1 ORDER BY key',
      [taskId],
    );
  const eventsOf = (taskId: string) =>
    db.sql<{ seq: number; type: string }>('SELECT seq, type FROM task_event WHERE task_id = $1 ORDER BY seq', [taskId]);
  /** All rows that a repeated settle could change. */
  const everything = (taskId: string) =>
    db.sql(
      `SELECT (SELECT to_jsonb(t) FROM task t WHERE id = $1) AS task,
         (SELECT jsonb_agg(s ORDER BY s.id) FROM step s WHERE task_id = $1) AS steps,
         (SELECT jsonb_agg(a ORDER BY a.id) FROM artifact a WHERE task_id = $1) AS artifacts,
         (SELECT jsonb_agg(a ORDER BY a.step_id, a.attempt) FROM attempt a WHERE task_id = $1) AS attempts,
         (SELECT jsonb_agg(e ORDER BY e.seq) FROM task_event e WHERE task_id = $1) AS events`,
      [taskId],
    );

  /** Two running drafts, and a refine step that depends on both. */
  const twoDrafts = async () => {
    const task = await scene.submit({
      steps: [
        aStep({ key: 'draft-1', next: ['refine'] }),
        aStep({ key: 'draft-2', next: ['refine'] }),
        aStep({ key: 'refine', deps: ['draft-1', 'draft-2'] }),
      ],
    });
    const sessionId = await scene.addSession();
    const [one, two] = await Promise.all(task.steps.slice(0, 2).map((step) => scene.acquire(sessionId, step.id)));
    return { task, sessionId, one: one as StepAttempt, two: two as StepAttempt };
  };

  it('stores the output, releases the successor and counts the step', async () => {
    const { task, sessionId, attempt } = await scene.running({ steps: aChain('research', 'outline') });
    const answer = await scene.settle(
      sessionId,
      aSettlement(attempt, {
        costNano: '7',
        degraded: true,
        limitations: [{ code: 'SOURCE_SKIPPED', step: 'research', message: 'gone' }],
      }),
    );
    expect(answer.outcomes).toEqual(new Map([[attempt.stepId, 'settled']]));
    expect(answer.released).toEqual([
      {
        kind: 'queued',
        stepId: task.steps[1]?.id,
        taskId: task.id,
        queue: 'write.interactive',
        attempt: 0,
        priority: 5,
      },
    ]);
    expect(await taskRow(task.id)).toMatchObject({
      status: 'running',
      steps_left: 1,
      spent_nano: '7',
      degraded: true,
      limitations: [{ code: 'SOURCE_SKIPPED', step: 'research', message: 'gone' }],
    });
    expect(await db.sql('SELECT outcome, cost_nano FROM attempt WHERE step_id = $1', [attempt.stepId])).toEqual([
      { outcome: 'completed', cost_nano: '7' },
    ]);
  });

  it('returns `already` the second time and changes nothing', async () => {
    const { task, sessionId, attempt } = await scene.running({ steps: aChain('a', 'b') });
    await scene.settle(sessionId, aSettlement(attempt));
    const before = await everything(task.id);
    const again = await scene.settle(sessionId, aSettlement(attempt, { output: { text: 'other' }, costNano: '9' }));
    expect(again).toEqual({
      outcomes: new Map([[attempt.stepId, 'already']]),
      released: [],
      finished: [],
      unfinished: [],
      attempts: [],
      locked: [],
    });
    expect(await everything(task.id)).toEqual(before);
  });

  it('settles an attempt once under concurrent settles', async () => {
    const { task, sessionId, attempt } = await scene.running();
    const answers = await Promise.all(Array.from({ length: 6 }, () => scene.settle(sessionId, aSettlement(attempt))));
    expect(answers.map((answer) => answer.outcomes.get(attempt.stepId)).toSorted()).toEqual([
      ...Array<string>(5).fill('already'),
      'settled',
    ]);
    expect(answers.flatMap((answer) => answer.finished)).toEqual([task.id]);
  });

  it.each([
    {
      title: 'in one batch',
      settle: (session: string, one: StepAttempt, two: StepAttempt) =>
        scene.settle(session, aSettlement(one), aSettlement(two)).then((answer) => [answer]),
    },
    {
      title: 'in two batches at once',
      settle: (session: string, one: StepAttempt, two: StepAttempt) =>
        Promise.all([one, two].map((attempt) => scene.settle(session, aSettlement(attempt)))),
    },
  ])('releases the joining step exactly once when both settle $title', async ({ settle }) => {
    const { task, sessionId, one, two } = await twoDrafts();
    const answers = await settle(sessionId, one, two);
    expect(answers.flatMap((answer) => answer.released)).toMatchObject([{ kind: 'queued', stepId: task.steps[2]?.id }]);
    expect(await stepRows(task.id)).toContainEqual({ key: 'refine', status: 'queued', deps_left: 0, attempt: 0 });
  });

  const fanOut = (keys: readonly string[]): { spawn: NewStep[]; joins: Record<string, string[]> } => ({
    spawn: keys.map((key) => aStep({ key, deps: ['outline'], depsLeft: 0, next: ['refine'] })),
    joins: { refine: [...keys] },
  });

  it('fans out: adds new steps to the plan, which the waiting step joins', async () => {
    const { task, sessionId, attempt } = await scene.running({ steps: aChain('outline', 'refine') });
    const answer = await scene.settle(sessionId, aSettlement(attempt, fanOut(['draft-1', 'draft-2', 'draft-3'])));
    expect(answer.released.map((step) => step.kind)).toEqual(['queued', 'queued', 'queued']);
    expect(await stepRows(task.id)).toEqual([
      { key: 'draft-1', status: 'queued', deps_left: 0, attempt: 0 },
      { key: 'draft-2', status: 'queued', deps_left: 0, attempt: 0 },
      { key: 'draft-3', status: 'queued', deps_left: 0, attempt: 0 },
      { key: 'outline', status: 'completed', deps_left: 0, attempt: 1 },
      { key: 'refine', status: 'pending', deps_left: 3, attempt: 0 },
    ]);
    expect(await taskRow(task.id)).toMatchObject({ steps_total: 5, steps_left: 4 });
    expect(await db.sql(`SELECT deps FROM step WHERE task_id = $1 AND key = 'refine'`, [task.id])).toEqual([
      { deps: ['outline', 'draft-1', 'draft-2', 'draft-3'] },
    ]);
  });

  it('runs a whole task, completes it once and numbers its events without gaps', async () => {
    const { task, sessionId, attempt } = await scene.running({ steps: aChain('outline', 'refine') });
    const fan = fanOut(['draft-1', 'draft-2']);
    await scene.settle(sessionId, aSettlement(attempt, fan));
    const drafts = await Promise.all(fan.spawn.map((step) => scene.acquire(sessionId, step.id)));
    const joined = await Promise.all(
      drafts.map((draft) => scene.settle(sessionId, aSettlement(draft, { costNano: '5' }))),
    );
    expect(joined.flatMap((answer) => answer.finished)).toEqual([]);
    const refine = await scene.acquire(sessionId, task.steps[1]?.id ?? '');
    expect(Object.keys(refine.outputs).toSorted()).toEqual(['draft-1', 'draft-2', 'outline']);
    const last = await scene.settle(sessionId, aSettlement(refine));
    expect(last.finished).toEqual([task.id]);
    expect(await taskRow(task.id)).toMatchObject({
      status: 'completed',
      steps_total: 4,
      steps_left: 0,
      finished: true,
    });
    const events = await eventsOf(task.id);
    expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
    expect(events.filter((event) => event.type === 'task.completed')).toHaveLength(1);
    expect(events.at(-1)?.type).toBe('task.completed');
    expect(events.filter((event) => event.type === 'step.completed')).toHaveLength(4);
  });

  it('reports a task with a skipped step as unfinished', async () => {
    const { task, sessionId, one, two } = await twoDrafts();
    await scene.settle(sessionId, aSettlement(one));
    await db.sql('UPDATE task SET steps_left = 1, steps_bad = 1 WHERE id = $1', [task.id]);
    const answer = await scene.settle(sessionId, aSettlement(two));
    expect(answer).toMatchObject({ finished: [], unfinished: [task.id] });
    expect(await taskRow(task.id)).toMatchObject({ status: 'running', finished: false });
  });

  it('hands at most one released step of a task off to the same session, and starts it in the same commit', async () => {
    const { task, sessionId, attempt } = await scene.running({ steps: aChain('outline', 'refine') });
    const answer = await steps.settle(sessionId, [aSettlement(attempt, fanOut(['draft-1', 'draft-2']))], {
      handoffQueues: ALL_QUEUES,
      directCapacity: 0,
    });
    expect(answer.released.map((step) => step.kind).toSorted()).toEqual(['handoff', 'ready']);
    const handed = answer.released.find((step) => step.kind === 'handoff');
    expect(handed?.attempt).toBe(1);
    expect(await db.sql('SELECT status, session_id FROM step WHERE id = $1', [handed?.stepId])).toEqual([
      { status: 'running', session_id: sessionId },
    ]);
    const [context] = await createStepStore(db.database).contexts([handed?.stepId ?? '']);
    expect(context).toMatchObject({ taskId: task.id, attempt: 1, outputs: { outline: { text: 'done' } } });
    expect(context?.leftMs).toBeGreaterThan(50_000);
  });

  it('leaves released steps of a capped tenant to the dispatcher, which counts caps', async () => {
    const tenantId = await scene.addTenant({ maxConcurrency: 1 });
    const { sessionId, attempt } = await scene.running({ tenantId, steps: aChain('outline', 'refine') });
    const answer = await scene.settle(sessionId, aSettlement(attempt, fanOut(['draft-1', 'draft-2'])));
    expect(answer.released.map((step) => step.kind)).toEqual(['ready', 'ready']);
  });

  it('writes reused replies to the ledger once, with the result', async () => {
    const { task, sessionId, attempt } = await scene.running();
    const item = aSettlement(attempt, { avoided: [{ entry: aLedgerEntry(attempt), baselineNano: '30' }] });
    await scene.settle(sessionId, item);
    await scene.settle(sessionId, item);
    expect(
      await db.sql('SELECT status, cost_nano, baseline_nano FROM ledger_entry WHERE task_id = $1', [task.id]),
    ).toEqual([{ status: 'avoided', cost_nano: '0', baseline_nano: '30' }]);
  });

  it('stores a reply with characters that jsonb rejects', async () => {
    const { task, sessionId, attempt } = await scene.running();
    await scene.settle(sessionId, aSettlement(attempt, { output: { text: 'nul \0 half \udead' } }));
    expect(await db.sql('SELECT body FROM artifact WHERE task_id = $1', [task.id])).toEqual([
      { body: { text: 'nul \ufffd half \ufffd' } },
    ]);
  });

  it('rejects a whole batch with one invalid plan', async () => {
    const good = await scene.running();
    const bad = await scene.running({ steps: aChain('outline', 'refine') });
    const impossible = aSettlement(bad.attempt, fanOut(['draft-1', 'draft-1']));
    await db.sql('UPDATE step SET session_id = $2 WHERE id = $1', [bad.attempt.stepId, good.sessionId]);
    await expect(scene.settle(good.sessionId, aSettlement(good.attempt), impossible)).rejects.toThrow(/duplicate key/);
    expect(await taskRow(good.task.id)).toMatchObject({ status: 'running', steps_left: 1 });
  });
});
