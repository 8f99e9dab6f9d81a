import { newId } from '@pressroom/runtime';
import {
  aReservation,
  aSettlement,
  driveSteps,
  openScene,
  openTestDatabase,
  type OpenTestDatabase,
  type Scene,
} from '@pressroom/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createMoneyStore, createSessionStore, createTaskTransitionStore, type StepAttempt } from '../src/index.ts';

/** A session with a claim on an attempt, which may be valid, stale or invented. */
interface Actor {
  sessionId: string;
  attempt: StepAttempt;
}

describe('the fence', () => {
  let db: OpenTestDatabase;
  let scene: Scene;

  beforeAll(async () => {
    db = await openTestDatabase();
    scene = await openScene(db);
  });
  afterAll(() => db.close());

  const stateOf = (taskId: string) =>
    db.sql(
      `SELECT (SELECT to_jsonb(t) FROM task t WHERE id = $1) AS task,
         (SELECT jsonb_agg(s ORDER BY s.id) FROM step s WHERE task_id = $1) AS steps,
         (SELECT count(*) FROM artifact WHERE task_id = $1)::int AS artifacts,
         (SELECT jsonb_agg(a ORDER BY a.attempt) FROM attempt a WHERE task_id = $1) AS attempts,
         (SELECT count(*) FROM task_event WHERE task_id = $1)::int AS events,
         (SELECT count(*) FROM dead_letter WHERE task_id = $1)::int AS dead_letters,
         (SELECT count(*) FROM reservation WHERE task_id = $1)::int AS reservations`,
      [taskId],
    );

  const situations: { title: string; make: () => Promise<Actor> }[] = [
    {
      title: 'a lost attempt, while the next attempt runs elsewhere',
      async make() {
        const { sessionId, attempt } = await scene.running();
        await scene.expireSession(sessionId);
        await createSessionStore(db.database).reap();
        await db.sql(`UPDATE step SET status = 'queued' WHERE id = $1`, [attempt.stepId]);
        await scene.acquire(await scene.addSession(), attempt.stepId, 2);
        return { sessionId, attempt };
      },
    },
    {
      title: 'a lost attempt of a revived session, while its next attempt runs',
      async make() {
        const { sessionId, attempt } = await scene.running();
        await db.sql(`UPDATE step SET status = 'queued', session_id = NULL WHERE id = $1`, [attempt.stepId]);
        await scene.acquire(sessionId, attempt.stepId, 2);
        return { sessionId, attempt };
      },
    },
    {
      title: 'another session that claims the running attempt',
      async make() {
        const { attempt } = await scene.running();
        return { sessionId: await scene.addSession(), attempt };
      },
    },
    {
      title: 'a session that never existed',
      async make() {
        const { attempt } = await scene.running();
        return { sessionId: newId(), attempt };
      },
    },
    {
      title: 'an attempt whose step was released and waits',
      async make() {
        const { sessionId, attempt } = await scene.running();
        await db.sql(`UPDATE step SET status = 'ready', session_id = NULL WHERE id = $1`, [attempt.stepId]);
        return { sessionId, attempt };
      },
    },
    {
      title: 'an attempt of a cancelled step',
      async make() {
        const { sessionId, attempt } = await scene.running();
        await db.sql(`UPDATE step SET status = 'cancelled', session_id = NULL WHERE id = $1`, [attempt.stepId]);
        return { sessionId, attempt };
      },
    },
    {
      title: 'an attempt that has not started yet',
      async make() {
        const { sessionId, attempt } = await scene.running();
        return { sessionId, attempt: { ...attempt, attempt: 7 } };
      },
    },
  ];

  const operations: { name: string; act: (actor: Actor) => Promise<unknown>; answer: unknown }[] = [
    {
      name: 'settle',
      act: async ({ sessionId, attempt }) =>
        (
          await driveSteps(db.database).settle(sessionId, [aSettlement(attempt)], {
            handoffQueues: [],
            directCapacity: 0,
          })
        ).outcomes.get(attempt.stepId),
      answer: 'fenced',
    },
    {
      name: 'heartbeat',
      act: async ({ sessionId, attempt }) => {
        const held = { stepId: attempt.stepId, attempt: attempt.attempt };
        return (await createSessionStore(db.database).heartbeat(sessionId, 60_000, [held], [])).lost.length;
      },
      answer: 1,
    },
    {
      name: 'reserve',
      act: async ({ sessionId, attempt }) =>
        (await createMoneyStore(db.database).reserve([aReservation(attempt, sessionId)])).map(
          (answer) => answer.outcome,
        ),
      answer: ['fenced'],
    },
    {
      name: 'acquire',
      act: ({ sessionId, attempt }) =>
        driveSteps(db.database).acquire(sessionId, [{ stepId: attempt.stepId, attempt: attempt.attempt }]),
      answer: [],
    },
  ];

  for (const { title, make } of situations) {
    it.each(operations)(`rejects $name for ${title}`, async ({ act, answer }) => {
      const actor = await make();
      const before = await stateOf(actor.attempt.taskId);
      expect(await act(actor)).toEqual(answer);
      expect(await stateOf(actor.attempt.taskId)).toEqual(before);
    });
  }

  it('allows all of it to the holder', async () => {
    const { sessionId, attempt } = await scene.running();
    const held = { stepId: attempt.stepId, attempt: attempt.attempt };
    expect(await createSessionStore(db.database).heartbeat(sessionId, 60_000, [held], [])).toMatchObject({
      alive: true,
      lost: [],
    });
    expect(await createMoneyStore(db.database).reserve([aReservation(attempt, sessionId)])).toMatchObject([
      { outcome: 'reserved' },
    ]);
    expect((await scene.settle(sessionId, aSettlement(attempt))).outcomes.get(attempt.stepId)).toBe('settled');
  });

  it('writes nothing when the decision under the row lock is to change nothing', async () => {
    const { task, attempt } = await scene.running();
    const before = await stateOf(task.id);
    const transitions = createTaskTransitionStore(db.database);
    expect(await transitions.change(task.id, null, () => undefined)).toEqual({ found: true, change: undefined });
    expect(
      await transitions.change(task.id, newId(), () => ({ steps: [], events: [], attempts: [], deadLetters: [] })),
    ).toEqual({
      found: false,
      change: undefined,
    });
    expect(await stateOf(attempt.taskId)).toEqual(before);
  });
});
