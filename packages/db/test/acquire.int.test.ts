import { newId } from '@pressroom/runtime';
import {
  aChain,
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

import { type NewTask } from '../src/index.ts';

describe('acquire', () => {
  let db: OpenTestDatabase;
  let scene: Scene;
  let steps: StepDriver;

  beforeAll(async () => {
    db = await openTestDatabase();
    scene = await openScene(db);
    steps = driveSteps(db.database);
  });
  afterAll(() => db.close());

  const firstStep = (task: NewTask): string => task.steps[0]?.id ?? '';
  const stateOf = async (stepId: string) =>
    (await db.sql('SELECT status, attempt, session_id FROM step WHERE id = $1', [stepId]))[0];

  it('gives exactly one of many sessions the attempt', async () => {
    const stepId = firstStep(await scene.submit());
    const sessions = await Promise.all(Array.from({ length: 8 }, () => scene.addSession()));
    const answers = await Promise.all(sessions.map((session) => steps.acquire(session, [{ stepId, attempt: 1 }])));
    const winners = answers.flatMap((taken, index) => (taken.length > 0 ? [sessions[index]] : []));
    expect(winners).toHaveLength(1);
    expect(await stateOf(stepId)).toEqual({ status: 'running', attempt: 1, session_id: winners[0] });
  });

  it('returns a job once that is delivered twice in one batch', async () => {
    const stepId = firstStep(await scene.submit());
    const session = await scene.addSession();
    const job = { stepId, attempt: 1 };
    expect(await steps.acquire(session, [job, job])).toHaveLength(1);
  });

  it.each([
    { title: 'of an attempt that has ended', attempt: 0 },
    { title: 'of the running attempt', attempt: 1 },
    { title: 'of an attempt after the next', attempt: 3 },
  ])('returns nothing for a job $title', async ({ attempt }) => {
    const { task, attempt: held } = await scene.running();
    await db.sql(`UPDATE step SET status = 'queued', session_id = NULL WHERE id = $1`, [held.stepId]);
    expect(await steps.acquire(await scene.addSession(), [{ stepId: firstStep(task), attempt }])).toEqual([]);
    expect(await stateOf(held.stepId)).toMatchObject({ status: 'queued', attempt: 1 });
  });

  it.each(['pending', 'ready', 'running', 'waiting', 'completed', 'skipped', 'dead', 'cancelled'])(
    'gives nothing for a step that is %s',
    async (status) => {
      const stepId = firstStep(await scene.submit());
      await db.sql('UPDATE step SET status = $2 WHERE id = $1', [stepId, status]);
      expect(await steps.acquire(await scene.addSession(), [{ stepId, attempt: 1 }])).toEqual([]);
    },
  );

  it.each([
    { title: 'one that never existed', session: () => Promise.resolve(newId()) },
    {
      title: 'one that has expired',
      session: async () => {
        const id = await scene.addSession();
        await scene.expireSession(id);
        return id;
      },
    },
  ])('returns nothing to an invalid session: $title', async ({ session }) => {
    const stepId = firstStep(await scene.submit());
    expect(await steps.acquire(await session(), [{ stepId, attempt: 1 }])).toEqual([]);
    expect(await stateOf(stepId)).toMatchObject({ status: 'queued', attempt: 0 });
  });

  it('starts the task once, and numbers its events without gaps', async () => {
    const task = await scene.submit({ steps: [aStep({ key: 'a' }), aStep({ key: 'b' })] });
    const session = await scene.addSession();
    await Promise.all(task.steps.map((step) => scene.acquire(session, step.id)));
    const events = await db.sql<{ seq: number; type: string }>(
      'SELECT seq, type FROM task_event WHERE task_id = $1 ORDER BY seq',
      [task.id],
    );
    expect(events.map((event) => event.type)).toEqual(['task.queued', 'task.started', 'step.started', 'step.started']);
    expect(events.map((event) => event.seq)).toEqual([1, 2, 3, 4]);
  });

  it('returns the whole input to first steps, and to later ones the outputs of their dependencies without the sources', async () => {
    const { task, sessionId, attempt } = await scene.running({
      steps: aChain('research', 'outline'),
      input: { topic: 't', sources: [{ text: 'long' }] },
    });
    expect(attempt).toMatchObject({ input: { topic: 't', sources: [{ text: 'long' }] }, outputs: {}, attempt: 1 });
    // Ignores the backlog of other tests in this queue.
    await steps.settle(sessionId, [aSettlement(attempt, { output: { notes: ['n'] } })], { queuesWithBacklog: [] });
    const outline = await scene.acquire(sessionId, task.steps[1]?.id ?? '');
    expect(outline).toMatchObject({ key: 'outline', input: { topic: 't' }, outputs: { research: { notes: ['n'] } } });
    expect(outline.input).not.toHaveProperty('sources');
  });

  it.each([
    { title: 'the attempt', step: { attemptTimeoutMs: 5_000 }, task: {} },
    { title: 'all attempts', step: { totalTimeoutMs: 5_000 }, task: {} },
    { title: 'the task', step: {}, task: { timeoutMs: 5_000 } },
  ])('returns the time left of $title when that ends first', async ({ step, task }) => {
    const { attempt } = await scene.running({ ...task, steps: [aStep({ key: 'a', ...step })] });
    expect(attempt.leftMs).toBeLessThanOrEqual(5_000);
    expect(attempt.leftMs).toBeGreaterThan(3_000);
  });
});
