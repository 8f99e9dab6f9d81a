import { createEventFeed } from '@pressroom/db';
import { openTestDatabase, type OpenTestDatabase } from '@pressroom/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { OPERATOR, openRun, type Run } from './support/a-run.ts';

describe('retry', () => {
  let db: OpenTestDatabase;
  let run: Run;

  beforeAll(async () => {
    db = await openTestDatabase();
    run = await openRun(db);
  });
  afterAll(() => db.close());

  const retry = (taskId: string, request: Parameters<Run['restarts']['retry']>[2] = {}) =>
    run.restarts.retry(taskId, null, request, OPERATOR);

  it('reruns incomplete steps and their dependants, and keeps other completed steps', async () => {
    const { taskId } = await run.partial();
    expect(await run.task(taskId)).toMatchObject({ status: 'partial', steps_bad: 1 });
    const before = await run.steps(taskId);

    expect(await retry(taskId)).toMatchObject({
      outcome: 'restarted',
      generation: 2,
      restarted: ['draft-2', 'refine'],
      removed: [],
    });

    expect(await run.statuses(taskId)).toEqual({
      research: 'completed',
      outline: 'completed',
      'draft-1': 'completed',
      'draft-2': 'ready',
      'draft-3': 'completed',
      refine: 'pending',
    });
    expect(await run.task(taskId)).toMatchObject({
      status: 'queued',
      generation: 2,
      finished: false,
      error: null,
      steps_total: 6,
      steps_left: 2,
      steps_bad: 0,
    });
    expect(await run.step(taskId, 'draft-2')).toMatchObject({
      attempt: before.get('draft-2')?.attempt,
      failures: 0,
      journal_generation: 1,
    });

    await run.complete(taskId, 'draft-2');
    await run.complete(taskId, 'refine');
    expect(await run.task(taskId)).toMatchObject({
      status: 'completed',
      generation: 2,
      steps_left: 0,
      steps_bad: 0,
      limitations: [],
    });
    expect((await run.step(taskId, 'draft-2')).attempt).toBe(2);
  });

  it('resets the time-outs', async () => {
    const { taskId } = await run.partial();
    await db.sql(`UPDATE task SET deadline_at = now() - interval '1 hour' WHERE id = $1`, [taskId]);
    await retry(taskId);
    expect((await run.task(taskId)).deadline_in_s).toBeGreaterThan(590);
  });

  it('raises the budget of a task, archived or not, and rejects one that is not larger', async () => {
    const { taskId } = await run.partial();
    const counter = () =>
      db.sql(
        `SELECT b.limit_nano::int AS limit, b.spent_nano::int AS spent, t.budget_nano::int AS budget
         FROM budget_counter b JOIN task t ON b.key = 'task:' || t.id WHERE t.id = $1`,
        [taskId],
      );
    expect(await retry(taskId, { budgetUsd: 5n })).toEqual({ outcome: 'budget_not_larger', budgetNanoUsd: null });
    await db.sql(`UPDATE task SET budget_nano = 900 WHERE id = $1`, [taskId]);
    await db.sql(`INSERT INTO budget_counter (key, limit_nano, spent_nano) VALUES ('task:' || $1::text, 900, 870)`, [
      taskId,
    ]);
    expect(await retry(taskId, { budgetUsd: 900n })).toEqual({ outcome: 'budget_not_larger', budgetNanoUsd: 900n });
    expect(await run.task(taskId)).toMatchObject({ status: 'partial', generation: 1 });

    await db.sql(`UPDATE task SET finished_at = now() - interval '1 day' WHERE id = $1`, [taskId]);
    await db.sql(`SELECT compact_tasks(ARRAY[$1::uuid], now())`, [taskId]);
    expect(await counter()).toEqual([]);
    expect(await retry(taskId, { budgetUsd: 2_000n })).toMatchObject({ outcome: 'restarted' });
    expect(await counter()).toEqual([{ limit: 2_000, spent: 870, budget: 2_000 }]);
  });

  it('starts from any step, which adds its steps again', async () => {
    const { taskId } = await run.partial();
    const outcome = await retry(taskId, { fromStep: 'outline' });
    expect(outcome).toMatchObject({
      outcome: 'restarted',
      restarted: ['outline', 'refine'],
      removed: ['draft-1', 'draft-2', 'draft-3'],
    });
    expect(await run.statuses(taskId)).toEqual({ research: 'completed', outline: 'ready', refine: 'pending' });
    expect(await run.step(taskId, 'refine')).toMatchObject({ deps: ['outline'], deps_left: 1 });
    expect(await run.task(taskId)).toMatchObject({ steps_total: 3, steps_left: 2, steps_bad: 0 });

    await run.complete(taskId, 'outline');
    expect(await run.step(taskId, 'refine')).toMatchObject({
      deps: ['outline', 'draft-1', 'draft-2', 'draft-3'],
      deps_left: 3,
    });
    for (const key of ['draft-1', 'draft-2', 'draft-3', 'refine']) await run.complete(taskId, key);
    expect(await run.task(taskId)).toMatchObject({ status: 'completed', steps_total: 6, steps_left: 0 });
  });

  it('hides outputs of rerun and removed steps', async () => {
    const { taskId } = await run.partial();
    await retry(taskId, { fromStep: 'outline' });
    expect((await run.queries.resultMaterial(taskId, null))?.outputs).toEqual({ research: { text: 'research 1' } });
    expect(await run.queries.stepOutput(taskId, null, 'draft-1')).toBeUndefined();

    await run.complete(taskId, 'outline', { output: { text: 'another outline' } });
    await run.complete(taskId, 'draft-1', { output: { text: 'new' } });
    await run.fail(taskId, 'draft-2');
    await run.fail(taskId, 'draft-3');
    const refine = await run.start(taskId, 'refine');
    expect(refine.outputs).toEqual({ outline: { text: 'another outline' }, 'draft-1': { text: 'new' } });
  });

  it('reuses journalled replies, except those of a completed start step', async () => {
    const dead = await run.partial();
    await retry(dead.taskId, { fromStep: 'draft-2' });
    expect((await run.step(dead.taskId, 'draft-2')).journal_generation).toBe(1);

    const done = await run.partial();
    await retry(done.taskId, { fromStep: 'draft-1' });
    const steps = await run.steps(done.taskId);
    expect(steps.get('draft-1')?.journal_generation).toBe(2);
    expect(steps.get('refine')?.journal_generation).toBe(1);

    const reset = await run.partial();
    await retry(reset.taskId, { resetCalls: true });
    expect((await run.step(reset.taskId, 'draft-2')).journal_generation).toBe(2);
  });

  it('resets the losses of a completed step', async () => {
    const { taskId } = await run.partial();
    await db.sql(`UPDATE step SET losses = 2, suspect_deaths = 3, refused_by = ARRAY[id] WHERE task_id = $1`, [taskId]);
    await retry(taskId, { fromStep: 'draft-1' });
    const rows = await db.sql(
      `SELECT key, losses, suspect_deaths, refused_by FROM step WHERE task_id = $1 AND key = 'draft-1'`,
      [taskId],
    );
    expect(rows).toEqual([{ key: 'draft-1', losses: 0, suspect_deaths: 0, refused_by: null }]);
  });

  it('keeps the losses of a dead step', async () => {
    const { taskId } = await run.partial();
    await db.sql(`UPDATE step SET losses = 2, suspect_deaths = 3 WHERE task_id = $1`, [taskId]);
    await retry(taskId, { fromStep: 'draft-2' });
    const rows = await db.sql(`SELECT losses, suspect_deaths FROM step WHERE task_id = $1 AND key = 'draft-2'`, [
      taskId,
    ]);
    expect(rows).toEqual([{ losses: 2, suspect_deaths: 0 }]);
  });

  it('keeps an unrelated skipped step and its limitation', async () => {
    const { taskId } = await run.partial();
    const outcome = await retry(taskId, { fromStep: 'refine' });
    expect(outcome).toMatchObject({ restarted: ['refine'] });
    const task = await run.task(taskId);
    expect(task).toMatchObject({ steps_left: 1, steps_bad: 1 });
    expect(task.limitations.map(({ code, step }) => ({ code, step }))).toEqual([
      { code: 'STEP_FAILED', step: 'draft-2' },
      { code: 'SECTION_MISSING', step: 'draft-2' },
    ]);
    expect((await run.deadLettersOf(taskId)).map(({ state }) => state)).toEqual(['open']);
    await run.complete(taskId, 'refine');
    expect(await run.task(taskId)).toMatchObject({ status: 'partial', steps_left: 0 });
  });

  it('reruns cancelled steps from any start step, since the task cannot complete without them', async () => {
    const taskId = await run.submit();
    for (const key of ['research', 'outline', 'draft-1']) await run.complete(taskId, key);
    await run.transitions.cancel(taskId, null);
    const outcome = await retry(taskId, { fromStep: 'draft-1' });
    expect(outcome).toMatchObject({ restarted: ['draft-1', 'draft-2', 'draft-3', 'refine'] });
  });

  it('drops the degraded flag of a rerun step', async () => {
    const taskId = await run.submit();
    await run.complete(taskId, 'research', { degraded: true });
    await run.transitions.cancel(taskId, null);
    await retry(taskId);
    expect((await run.task(taskId)).degraded).toBe(true);
    await run.transitions.cancel(taskId, null);
    await retry(taskId, { fromStep: 'research' });
    expect((await run.task(taskId)).degraded).toBe(false);
  });

  it('adds events of the new generation after the end of the old one', async () => {
    const { taskId } = await run.partial();
    await retry(taskId);
    const events = (await run.events(taskId)).slice(-3);
    expect(events.map(({ type, generation }) => ({ type, generation }))).toEqual([
      { type: 'task.partial', generation: 1 },
      { type: 'task.retried', generation: 2 },
      { type: 'task.queued', generation: 2 },
    ]);
    await run.start(taskId, 'draft-2');
    expect((await run.events(taskId)).slice(-2).map(({ type }) => type)).toEqual(['task.started', 'step.started']);
  });

  it('continues the event stream after the end of the old generation', async () => {
    const feed = createEventFeed(db.database);
    const { taskId } = await run.partial();
    const before = await feed.after(new Map([[taskId, 0]]));
    expect(before.at(-1)).toMatchObject({ last: true, event: { type: 'task.partial' } });
    await retry(taskId);
    const after = await feed.after(new Map([[taskId, 0]]));
    expect(after.some(({ last }) => last)).toBe(false);
    expect(after.length).toBe(before.length + 2);
  });

  it('closes the dead letters of rerun steps, and writes an audit row', async () => {
    const { taskId, deadLetterId } = await run.partial();
    await retry(taskId);
    expect(await run.deadLettersOf(taskId)).toMatchObject([{ state: 'redriven', redriven_as: 2 }]);
    const { items } = await run.audit.list(
      { tenantId: run.scene.tenantId, targetId: taskId },
      { cursor: undefined, limit: 10 },
    );
    expect(items).toMatchObject([
      {
        action: 'task.retry',
        keyId: OPERATOR.keyId,
        role: 'operate',
        tenantId: run.scene.tenantId,
        target: { kind: 'task', id: taskId },
        data: { generation: 2, restarted: ['draft-2', 'refine'], deadLetters: [deadLetterId] },
      },
    ]);
  });

  it('fences attempts of the old generation', async () => {
    const taskId = await run.submit();
    await run.start(taskId, 'research');
    await run.transitions.cancel(taskId, null);
    await retry(taskId);
    expect(await run.complete(taskId, 'research')).toBe('fenced');
    expect(await run.statuses(taskId)).toMatchObject({ research: 'ready' });
    expect(await run.complete(taskId, 'research')).toBe('settled');
  });

  it('starts one generation for concurrent requests', async () => {
    const { taskId } = await run.partial();
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => retry(taskId)));
    expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual([
      'not_finished',
      'not_finished',
      'not_finished',
      'not_finished',
      'restarted',
    ]);
    expect((await run.task(taskId)).generation).toBe(2);
  });

  it.each([
    ['runs', async () => run.submit(), {}, { outcome: 'not_finished', status: 'queued' }],
    [
      'has no such step',
      async () => (await run.partial()).taskId,
      { fromStep: 'draft-9' },
      { outcome: 'unknown_step' },
    ],
    [
      'has completed, and no step is named',
      async () => {
        const taskId = await run.submit();
        for (const key of ['research', 'outline', 'draft-1', 'draft-2', 'draft-3', 'refine'])
          await run.complete(taskId, key);
        return taskId;
      },
      {},
      { outcome: 'nothing_to_do' },
    ],
    [
      'has lost its content',
      async () => {
        const { taskId } = await run.partial();
        await run.queries.deleteContent(taskId, null);
        return taskId;
      },
      {},
      { outcome: 'content_deleted' },
    ],
  ])('is refused when the task %s', async (_title, arrange, request, expected) => {
    const taskId = await arrange();
    const before = await run.events(taskId);
    expect(await retry(taskId, request)).toEqual(expected);
    expect(await run.events(taskId)).toEqual(before);
  });

  it('finds no task of another tenant', async () => {
    const { taskId } = await run.partial();
    const stranger = await run.scene.addTenant();
    expect(await run.restarts.retry(taskId, stranger, {}, OPERATOR)).toEqual({ outcome: 'not_found' });
  });
});

describe('redrive', () => {
  let db: OpenTestDatabase;
  let run: Run;

  beforeAll(async () => {
    db = await openTestDatabase();
    run = await openRun(db);
  });
  afterAll(() => db.close());

  const redrive = (deadLetterId: string, request: Parameters<Run['restarts']['redrive']>[2] = {}) =>
    run.restarts.redrive(deadLetterId, null, request, OPERATOR);

  it('reruns the step with patched parameters on another tier, and keeps completed steps', async () => {
    const { taskId, deadLetterId } = await run.partial();
    await db.sql(`UPDATE step SET params = '{"part":1,"angle":"wide"}' WHERE task_id = $1 AND key = 'draft-2'`, [
      taskId,
    ]);
    await redrive(deadLetterId, { patch: { part: 2, angle: null }, tier: 'T3' });
    expect(await run.step(taskId, 'draft-2')).toMatchObject({ status: 'ready', tier: 'T3', params: { part: 2 } });
    expect(await run.step(taskId, 'draft-1')).toMatchObject({ status: 'completed', tier: 'T2' });
    const attempt = await run.start(taskId, 'draft-2');
    expect(attempt).toMatchObject({ tier: 'T3', params: { part: 2 }, generation: 2 });
  });

  it('patches the input of this step only', async () => {
    const { taskId, deadLetterId } = await run.partial();
    await redrive(deadLetterId, { patch: { input: { topic: 'something else' } } });
    const draft = await run.start(taskId, 'draft-2');
    expect(draft.input).toMatchObject({ topic: 'something else' });
    expect(draft.params).toEqual({});
    await run.complete(taskId, 'draft-2');
    expect((await run.start(taskId, 'refine')).input).toMatchObject({ topic: 'tests' });
  });

  it('rejects a patch that is invalid for the task type, and changes nothing', async () => {
    const { taskId, deadLetterId } = await run.partial();
    expect(await redrive(deadLetterId, { patch: { budgetUsd: '2' } })).toEqual({
      outcome: 'invalid_patch',
      issues: [{ path: ['budgetUsd'], message: 'is not a known field; the step has input' }],
    });
    expect(await redrive(deadLetterId, { patch: { input: 'not an object' } })).toMatchObject({
      outcome: 'invalid_patch',
    });
    expect(await run.task(taskId)).toMatchObject({ generation: 1, status: 'partial' });
    expect(await run.deadLettersOf(taskId)).toMatchObject([{ state: 'open' }]);
  });

  it('closes the dead letters of all rerun steps, once', async () => {
    const taskId = await run.submit();
    for (const key of ['research', 'outline', 'draft-1']) await run.complete(taskId, key);
    for (const key of ['draft-2', 'draft-3']) await run.fail(taskId, key);
    await run.complete(taskId, 'refine');
    const [first, second] = await run.deadLettersOf(taskId);
    const outcome = await redrive(first?.id ?? '');
    expect(outcome).toMatchObject({ outcome: 'restarted', restarted: ['draft-2', 'draft-3', 'refine'] });
    expect((await run.deadLettersOf(taskId)).map(({ state }) => state)).toEqual(['redriven', 'redriven']);
    expect(await redrive(second?.id ?? '')).toMatchObject({ outcome: 'already_ended', state: 'redriven' });
    const { items } = await run.audit.list(
      { tenantId: null, targetId: first?.id ?? '' },
      { cursor: undefined, limit: 5 },
    );
    expect(items).toMatchObject([
      { action: 'dead_letter.redrive', data: { taskId, deadLetters: [first?.id, second?.id].sort() } },
    ]);
  });

  it('links a second dead letter to the first', async () => {
    const { taskId, deadLetterId } = await run.partial();
    await redrive(deadLetterId);
    await run.fail(taskId, 'draft-2');
    const deadLetters = await run.deadLettersOf(taskId);
    expect(deadLetters).toMatchObject([
      { id: deadLetterId, state: 'redriven', redriven_as: 2, generation: 1, previous_id: null },
      { state: 'open', generation: 2, previous_id: deadLetterId },
    ]);
    const latest = await run.deadLetters.get(deadLetters[1]?.id ?? '', null);
    expect(latest?.view.attempts.map(({ attempt, outcome }) => ({ attempt, outcome }))).toEqual([
      { attempt: 1, outcome: 'failed' },
      { attempt: 2, outcome: 'failed' },
    ]);
    expect((await run.deadLetters.get(deadLetterId, null))?.view.attempts).toHaveLength(1);
  });

  it('restarts a failed task', async () => {
    const taskId = await run.submit();
    await run.fail(taskId, 'research');
    expect(await run.task(taskId)).toMatchObject({ status: 'failed', error: { code: 'PROVIDER_REFUSED' } });
    const [deadLetter] = await run.deadLettersOf(taskId);
    await redrive(deadLetter?.id ?? '');
    for (const key of ['research', 'outline', 'draft-1', 'draft-2', 'draft-3', 'refine'])
      await run.complete(taskId, key);
    expect(await run.task(taskId)).toMatchObject({ status: 'completed', generation: 2, error: null, limitations: [] });
  });

  it('is ordered after waiting steps, at any age of its task', async () => {
    const { taskId, deadLetterId } = await run.partial({ priority: 1 });
    await db.sql(`UPDATE task SET created_at = now() - interval '7 days' WHERE id = $1`, [taskId]);
    const urgent = await run.submit({ priority: 1 });
    for (const key of ['research', 'outline']) await run.complete(urgent, key);
    await redrive(deadLetterId);
    const [waiting, redriven] = [await run.step(urgent, 'draft-1'), await run.step(taskId, 'draft-2')];
    expect(BigInt(redriven.order_key)).toBeGreaterThan(BigInt(waiting.order_key));
    expect(redriven.status).toBe('ready');
  });

  it('keeps that position for steps that a redriven step adds', async () => {
    const taskId = await run.submit();
    await run.complete(taskId, 'research');
    await run.fail(taskId, 'outline');
    await db.sql(`UPDATE task SET created_at = now() - interval '7 days' WHERE id = $1`, [taskId]);
    const [deadLetter] = await run.deadLettersOf(taskId);
    await redrive(deadLetter?.id ?? '');
    const outline = await run.step(taskId, 'outline');
    await run.complete(taskId, 'outline');
    expect(await run.step(taskId, 'draft-1')).toMatchObject({ order_key: outline.order_key, spawned_by: 'outline' });
  });

  it('keeps the priority of its task', async () => {
    const keyOf = async (priority: number) => {
      const { taskId, deadLetterId } = await run.partial({ priority });
      await redrive(deadLetterId);
      return Number((await run.step(taskId, 'draft-2')).order_key);
    };
    const [urgent, patient] = [await keyOf(1), await keyOf(9)];
    expect(patient - urgent).toBeGreaterThan(8 * 30_000 - 1);
  });

  it('is refused while the task runs, and leaves the dead letter open', async () => {
    const taskId = await run.submit();
    for (const key of ['research', 'outline']) await run.complete(taskId, key);
    await run.fail(taskId, 'draft-2');
    const [deadLetter] = await run.deadLettersOf(taskId);
    expect(await redrive(deadLetter?.id ?? '')).toEqual({ outcome: 'not_finished', status: 'running' });
    expect(await run.deadLettersOf(taskId)).toMatchObject([{ state: 'open' }]);
  });

  it('finds no dead letter of another tenant', async () => {
    const { deadLetterId } = await run.partial();
    const stranger = await run.scene.addTenant();
    expect(await run.restarts.redrive(deadLetterId, stranger, {}, OPERATOR)).toEqual({ outcome: 'not_found' });
  });
});
