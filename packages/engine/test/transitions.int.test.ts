import { createMoneyStore, createSessionStore, createTaskQueryStore } from '@pressroom/db';
import {
  aLedgerEntry,
  aReservation,
  aSettlement,
  driveSteps,
  openTestDatabase,
  type OpenTestDatabase,
} from '@pressroom/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openRun, type Run } from './support/a-run.ts';

const OTHER_SESSION = '00000000-0000-4000-8000-000000000001';

describe('task transitions', () => {
  let db: OpenTestDatabase;
  let run: Run;

  beforeAll(async () => {
    db = await openTestDatabase();
    run = await openRun(db);
  });
  afterAll(() => db.close());

  const everything = (taskId: string) =>
    db.sql(
      `SELECT (SELECT to_jsonb(t) FROM task t WHERE id = $1) AS task,
         (SELECT jsonb_agg(s ORDER BY s.id) FROM step s WHERE task_id = $1) AS steps,
         (SELECT jsonb_agg(a ORDER BY a.step_id, a.attempt) FROM attempt a WHERE task_id = $1) AS attempts,
         (SELECT count(*) FROM task_event WHERE task_id = $1)::int AS events,
         (SELECT count(*) FROM dead_letter WHERE task_id = $1)::int AS dead_letters`,
      [taskId],
    );
  const expectGaplessEvents = async (taskId: string) => {
    const events = await run.events(taskId);
    expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
    const [task] = await db.sql<{ event_seq: number }>('SELECT event_seq FROM task WHERE id = $1', [taskId]);
    expect(task?.event_seq).toBe(events.length);
    return events.map((event) => event.type);
  };

  describe('cancelling a task that runs', () => {
    it('is reported by the next heartbeat, and fences all further writes of its workers', async () => {
      const taskId = await run.submit();
      await run.complete(taskId, 'research');
      const attempt = await run.start(taskId, 'outline');
      expect(await run.transitions.cancel(taskId, run.scene.tenantId)).toEqual({
        outcome: 'cancelled',
        status: 'cancelled',
      });
      const before = await everything(taskId);

      const held = [{ stepId: attempt.stepId, attempt: attempt.attempt }];
      expect((await createSessionStore(db.database).heartbeat(run.sessionId, 60_000, held, [])).lost).toEqual(held);
      const settled = await driveSteps(db.database).settle(run.sessionId, [aSettlement(attempt)], {
        handoffQueues: [],
        directCapacity: 0,
      });
      expect(settled).toMatchObject({ outcomes: new Map([[attempt.stepId, 'fenced']]), released: [], finished: [] });
      expect(await createMoneyStore(db.database).reserve([aReservation(attempt, run.sessionId)])).toMatchObject([
        { outcome: 'fenced' },
      ]);
      expect(await run.fail(taskId, 'outline')).toBeUndefined();
      expect(await everything(taskId)).toEqual(before);
    });

    it('ends every step and leaves none open', async () => {
      const taskId = await run.submit();
      await run.start(taskId, 'research');
      await run.transitions.cancel(taskId, null);
      expect(await run.statuses(taskId)).toEqual({ outline: 'cancelled', refine: 'cancelled', research: 'cancelled' });
      expect(await run.task(taskId)).toMatchObject({ status: 'cancelled', finished: true, steps_left: 0 });
      expect(await expectGaplessEvents(taskId)).toEqual([
        'task.queued',
        'task.started',
        'step.started',
        'task.cancelled',
      ]);
      expect(await db.sql('SELECT outcome FROM attempt WHERE task_id = $1', [taskId])).toEqual([
        { outcome: 'cancelled' },
      ]);
    });

    it('happens once under concurrent requests and a concurrent settle of the last step', async () => {
      const taskId = await run.submit();
      for (const key of ['research', 'outline', 'draft-1', 'draft-2', 'draft-3']) await run.complete(taskId, key);
      await run.start(taskId, 'refine');
      const answers = await Promise.all([
        ...Array.from({ length: 5 }, () => run.transitions.cancel(taskId, null)),
        run.complete(taskId, 'refine'),
      ]);
      const { status } = await run.task(taskId);
      expect(['cancelled', 'completed']).toContain(status);
      expect(answers.filter((answer) => typeof answer === 'object' && answer.outcome === 'cancelled')).toHaveLength(
        status === 'cancelled' ? 1 : 0,
      );
      const types = await expectGaplessEvents(taskId);
      expect(types.filter((type) => type === 'task.cancelled' || type === 'task.completed')).toHaveLength(1);
    });
  });

  describe('a failed attempt', () => {
    it('is retried after its backoff', async () => {
      const taskId = await run.submit();
      expect(await run.fail(taskId, 'research', { retryable: true })).toBe('retry');
      const [step] = await db.sql(
        `SELECT status, failures, session_id, available_at <= now() AS due, error ->> 'code' AS code
         FROM step WHERE task_id = $1 AND key = 'research'`,
        [taskId],
      );
      expect(step).toEqual({ status: 'ready', failures: 1, session_id: null, due: true, code: 'PROVIDER_REFUSED' });
      expect(await db.sql('SELECT attempt, outcome FROM attempt WHERE task_id = $1', [taskId])).toEqual([
        { attempt: 1, outcome: 'failed' },
      ]);
    });

    it('of a step that may be skipped releases its successors, and leaves a dead letter with its cost', async () => {
      const taskId = await run.submit();
      for (const key of ['research', 'outline', 'draft-1', 'draft-3']) await run.complete(taskId, key);
      const attempt = await run.start(taskId, 'draft-2');
      await db.sql(`SELECT write_ledger_entry($1::jsonb, 'ok', 70, 70)`, [JSON.stringify(aLedgerEntry(attempt))]);
      expect(await run.fail(taskId, 'draft-2')).toBe('skipped');
      expect(await run.step(taskId, 'refine')).toMatchObject({ status: 'ready', deps_left: 0 });
      expect(await run.task(taskId)).toMatchObject({ steps_total: 6, steps_left: 1, steps_bad: 1, status: 'running' });
      expect(
        await db.sql('SELECT step_key, error_code, attempts, cost_nano FROM dead_letter WHERE task_id = $1', [taskId]),
      ).toEqual([{ step_key: 'draft-2', error_code: 'PROVIDER_REFUSED', attempts: 1, cost_nano: '70' }]);
      await run.complete(taskId, 'refine');
      expect(await run.task(taskId)).toMatchObject({ status: 'partial', steps_left: 0, finished: true });
      expect((await expectGaplessEvents(taskId)).at(-1)).toBe('task.partial');
    });

    it('of a required step ends the task', async () => {
      const taskId = await run.submit();
      await run.complete(taskId, 'research');
      expect(await run.fail(taskId, 'outline')).toBe('task_ended');
      expect(await run.task(taskId)).toMatchObject({
        status: 'failed',
        error: { code: 'PROVIDER_REFUSED' },
        steps_left: 0,
      });
      expect((await expectGaplessEvents(taskId)).at(-1)).toBe('task.failed');
    });

    it('that is a consequence of others names their cause: one group of dead letters, and the task’s error', async () => {
      const taskId = await run.submit();
      await run.complete(taskId, 'research');
      await run.complete(taskId, 'outline');
      const down = (model: string) => ({
        code: 'PROVIDER_UNAVAILABLE',
        message: `openai is unavailable (model ${model}, status 503)`,
      });
      for (const [key, model] of [
        ['draft-1', 'gpt-6-luna'],
        ['draft-2', 'gpt-6.1-terra'],
        ['draft-3', 'gpt-6-sol'],
      ] as const) {
        await run.fail(taskId, key, down(model));
      }
      const missing = { code: 'STEP_INPUT_INVALID', message: 'no section was drafted' };
      expect(await run.fail(taskId, 'refine', missing)).toBe('task_ended');
      expect(await run.task(taskId)).toMatchObject({ status: 'failed', error: down('gpt-6-luna') });
      const deadLetters = await db.sql<{ step_key: string; message: string; error_code: string; fingerprint: string }>(
        'SELECT step_key, error_code, message, fingerprint, payload FROM dead_letter WHERE task_id = $1 ORDER BY created_at, id',
        [taskId],
      );
      expect(new Set(deadLetters.map(({ fingerprint }) => fingerprint)).size).toBe(1);
      expect(new Set(deadLetters.map(({ error_code }) => error_code))).toEqual(new Set(['PROVIDER_UNAVAILABLE']));
      expect(deadLetters.find(({ step_key }) => step_key === 'refine')).toMatchObject({
        message:
          'no section was drafted; caused by draft-1: PROVIDER_UNAVAILABLE: ' +
          'openai is unavailable (model gpt-6-luna, status 503)',
        payload: { input: { topic: 'tests' } },
      });
    });

    it('that ends the task keeps its progress', async () => {
      const taskId = await run.submit();
      await run.complete(taskId, 'research');
      await run.fail(taskId, 'outline');
      const task = await createTaskQueryStore(db.database).get(taskId, null);
      expect(task).toMatchObject({ status: 'failed', progress: { stepsDone: 1, stepsTotal: 3, percent: 33 } });
    });

    it.each([
      { title: 'is no longer the one that runs', attempt: 1, elsewhere: true },
      { title: 'never was', attempt: 7, elsewhere: false },
      { title: 'runs in another session', attempt: 1, elsewhere: false, sessionId: OTHER_SESSION },
    ])(
      'changes nothing when it $title: no retry, no dead letter',
      async ({ attempt, elsewhere, sessionId = run.sessionId }) => {
        const taskId = await run.submit();
        const first = await run.start(taskId, 'research');
        if (elsewhere) {
          await db.sql(`UPDATE step SET status = 'queued', session_id = NULL WHERE id = $1`, [first.stepId]);
          await run.scene.acquire(await run.scene.addSession(), first.stepId, 2);
        }
        const before = await everything(taskId);
        const failure = {
          code: 'X',
          message: 'x',
          retryable: false,
          counts: true,
          retryAfterMs: 0,
          outcome: 'failed' as const,
        };
        expect(
          await run.transitions.fail(taskId, { stepId: first.stepId, attempt, sessionId, failure, costNano: 5n }),
        ).toBeUndefined();
        expect(await everything(taskId)).toEqual(before);
      },
    );
  });

  describe('the deadline', () => {
    const pass = async (taskId: string) => {
      await db.sql(`UPDATE task SET deadline_at = now() - interval '1 ms' WHERE id = $1`, [taskId]);
      await run.transitions.endAtDeadline(taskId);
    };

    it('ends a task as partial with usable outputs', async () => {
      const taskId = await run.submit();
      for (const key of ['research', 'outline', 'draft-1']) await run.complete(taskId, key);
      await pass(taskId);
      const task = await run.task(taskId);
      expect(task).toMatchObject({ status: 'partial', finished: true, error: null, steps_left: 0 });
      expect(task.limitations.map(({ code, step }) => [code, step])).toEqual([
        ['DEADLINE_REACHED', undefined],
        ['SECTION_MISSING', 'draft-2'],
        ['SECTION_MISSING', 'draft-3'],
      ]);
    });

    it('ends a task as failed without usable outputs', async () => {
      const taskId = await run.submit();
      await pass(taskId);
      expect(await run.task(taskId)).toMatchObject({ status: 'failed', error: { code: 'TASK_DEADLINE_EXCEEDED' } });
      await expectGaplessEvents(taskId);
    });

    it('is the reported reason when a worker detects it before the sweep', async () => {
      const taskId = await run.submit();
      await run.start(taskId, 'research');
      await db.sql(`UPDATE task SET deadline_at = now() - interval '1 ms' WHERE id = $1`, [taskId]);
      expect(await run.fail(taskId, 'research', { code: 'STEP_TIMED_OUT', retryable: true })).toBe('task_ended');
      expect(await run.task(taskId)).toMatchObject({ status: 'failed', error: { code: 'TASK_DEADLINE_EXCEEDED' } });
      expect(await run.deadLettersOf(taskId)).toEqual([]);
    });

    it('does not end a task whose deadline has moved', async () => {
      const taskId = await run.submit();
      await run.transitions.endAtDeadline(taskId);
      expect(await run.task(taskId)).toMatchObject({ status: 'queued', finished: false });
    });
  });

  it('finishes a task whose worker crashed between the last settle and the task’s end', async () => {
    const taskId = await run.submit();
    for (const key of ['research', 'outline', 'draft-1', 'draft-3']) await run.complete(taskId, key);
    await run.fail(taskId, 'draft-2');
    const refine = await run.start(taskId, 'refine');
    const settlement = aSettlement(refine);
    await driveSteps(db.database).settle(run.sessionId, [settlement], { handoffQueues: [], directCapacity: 0 });
    expect(await run.task(taskId)).toMatchObject({ status: 'running', steps_left: 0, finished: false });
    await Promise.all([run.transitions.finish(taskId), run.transitions.finish(taskId)]);
    expect(await run.task(taskId)).toMatchObject({ status: 'partial', finished: true });
    expect((await expectGaplessEvents(taskId)).filter((type) => type === 'task.partial')).toHaveLength(1);
  });
});
