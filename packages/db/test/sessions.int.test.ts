import {
  anEndedCall,
  aReservation,
  aSettlement,
  aStep,
  driveSteps,
  openScene,
  openTestDatabase,
  type OpenTestDatabase,
  type Scene,
} from '@pressroom/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createMoneyStore, createSessionStore, type SessionStore } from '../src/index.ts';

describe('worker sessions', () => {
  let db: OpenTestDatabase;
  let scene: Scene;
  let sessions: SessionStore;

  beforeAll(async () => {
    db = await openTestDatabase();
    scene = await openScene(db);
    sessions = createSessionStore(db.database);
  });
  afterAll(() => db.close());

  const stepRow = async (stepId: string) =>
    (await db.sql('SELECT status, attempt, losses, failures, session_id FROM step WHERE id = $1', [stepId]))[0];
  const held = (attempt: { stepId: string; attempt: number }) => [{ stepId: attempt.stepId, attempt: attempt.attempt }];

  describe('heartbeat', () => {
    it('renews the session and all its leases', async () => {
      const { sessionId, attempt } = await scene.running();
      await db.sql(`UPDATE worker_session SET expires_at = now() + interval '1 s' WHERE id = $1`, [sessionId]);
      expect(await sessions.heartbeat(sessionId, 60_000, held(attempt), [])).toMatchObject({
        alive: true,
        lost: [],
        orphans: [],
        queuesWithBacklog: [],
      });
      expect(
        await db.sql(
          `SELECT active, expires_at > now() + interval '50 s' AS renewed FROM worker_session WHERE id = $1`,
          [sessionId],
        ),
      ).toEqual([{ active: 1, renewed: true }]);
    });

    it('renews an expired session that was not reaped yet', async () => {
      const sessionId = await scene.addSession();
      await scene.expireSession(sessionId);
      expect(await sessions.heartbeat(sessionId, 60_000, [], [])).toMatchObject({ alive: true });
      await sessions.reap();
      expect(await sessions.heartbeat(sessionId, 60_000, [], [])).toMatchObject({ alive: true });
    });

    it('reports a session that has ended', async () => {
      const { sessionId, attempt } = await scene.running();
      await scene.expireSession(sessionId);
      await sessions.reap();
      expect(await sessions.heartbeat(sessionId, 60_000, held(attempt), [])).toMatchObject({
        alive: false,
        lost: held(attempt),
      });
    });

    it('reports orphaned attempts of the session', async () => {
      const { sessionId, attempt } = await scene.running();
      expect((await sessions.heartbeat(sessionId, 60_000, [], [])).orphans).toEqual(held(attempt));
    });

    it('reports queues with due steps, not those with steps scheduled for later', async () => {
      const sessionId = await scene.addSession();
      await scene.submit({ enqueueImmediately: false, steps: [aStep({ key: 'a', queue: 'refine.batch' })] });
      await scene.submit({ runAt: '2100-01-01T00:00:00Z', steps: [aStep({ key: 'a', queue: 'draft.batch' })] });
      const { queuesWithBacklog } = await sessions.heartbeat(
        sessionId,
        60_000,
        [],
        ['refine.batch', 'draft.batch', 'outline.batch'],
      );
      expect(queuesWithBacklog).toEqual(['refine.batch']);
    });
  });

  describe('reap', () => {
    it('orders interrupted steps first, also when they are lost again', async () => {
      const started = await scene.running({ steps: [aStep({ key: 'late', deps: ['x'], depsLeft: 0 })] });
      const first = await scene.running();
      const keys = async () => {
        const rows = await db.sql<{ id: string; order_key: string }>(
          'SELECT id, order_key FROM step WHERE id = ANY ($1)',
          [[started, first].map(({ attempt }) => attempt.stepId)],
        );
        return rows.map((row) => Number(row.order_key));
      };
      for (const { sessionId } of [started, first]) await scene.expireSession(sessionId);
      await sessions.reap();
      const once = await keys();
      expect(Math.max(...once)).toBeLessThan(-15e12);
      expect(Math.min(...once)).toBeGreaterThan(-20e12);
      await db.sql(`UPDATE step SET status = 'running', session_id = $2 WHERE id = ANY ($1)`, [
        [started, first].map(({ attempt }) => attempt.stepId),
        started.sessionId,
      ]);
      await sessions.reap();
      expect(await keys()).toEqual(once);
    });

    it('releases the steps of expired sessions and counts a loss, not a failure', async () => {
      const { task, sessionId, attempt } = await scene.running();
      await scene.expireSession(sessionId);
      expect(await sessions.reap()).toEqual([
        { stepId: attempt.stepId, taskId: task.id, queue: 'write.interactive', losses: 1 },
      ]);
      expect(await stepRow(attempt.stepId)).toEqual({
        status: 'ready',
        attempt: 1,
        losses: 1,
        failures: 0,
        session_id: null,
      });
      expect(await db.sql('SELECT attempt, outcome FROM attempt WHERE step_id = $1', [attempt.stepId])).toEqual([
        { attempt: 1, outcome: 'lost' },
      ]);
      expect(await sessions.reap()).toEqual([]);
    });

    it('ignores live sessions', async () => {
      const { attempt } = await scene.running();
      await sessions.reap();
      expect(await stepRow(attempt.stepId)).toMatchObject({ status: 'running', losses: 0 });
    });

    it('numbers the events of several steps lost at once', async () => {
      const task = await scene.submit({ steps: ['a', 'b', 'c'].map((key) => aStep({ key })) });
      const sessionId = await scene.addSession();
      for (const step of task.steps) await scene.acquire(sessionId, step.id);
      await scene.expireSession(sessionId);
      expect(await sessions.reap()).toHaveLength(3);
      const events = await db.sql<{ seq: number; type: string }>(
        'SELECT seq, type FROM task_event WHERE task_id = $1 ORDER BY seq',
        [task.id],
      );
      expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
      expect(events.filter((event) => event.type === 'step.lost')).toHaveLength(3);
    });

    it('releases a step once with concurrent reapers', async () => {
      const { sessionId, attempt } = await scene.running();
      await scene.expireSession(sessionId);
      const answers = await Promise.all(Array.from({ length: 5 }, () => sessions.reap()));
      expect(answers.flat().filter((step) => step.stepId === attempt.stepId)).toHaveLength(1);
      expect(await stepRow(attempt.stepId)).toMatchObject({ losses: 1 });
    });

    it('finds a step that was acquired while its session was being ended', async () => {
      const { sessionId, attempt } = await scene.running();
      await db.sql('DELETE FROM worker_session WHERE id = $1', [sessionId]);
      expect(await sessions.reap()).toMatchObject([{ stepId: attempt.stepId }]);
    });
  });

  describe('end', () => {
    it('releases the steps of this session at once, without a loss', async () => {
      const { sessionId, attempt } = await scene.running();
      await sessions.end(sessionId);
      expect(await stepRow(attempt.stepId)).toMatchObject({ status: 'ready', losses: 0, session_id: null });
      expect(await db.sql('SELECT outcome FROM attempt WHERE step_id = $1', [attempt.stepId])).toEqual([
        { outcome: 'handed_back' },
      ]);
    });

    it('ends no other session: after an outage all look expired', async () => {
      const silent = await scene.running();
      await scene.expireSession(silent.sessionId);
      await sessions.end(await scene.addSession());
      expect(await stepRow(silent.attempt.stepId)).toMatchObject({ status: 'running' });
      expect(await sessions.heartbeat(silent.sessionId, 60_000, held(silent.attempt), [])).toMatchObject({
        alive: true,
        lost: [],
      });
    });

    it('writes off the open reservations of this session as uncertain', async () => {
      const { sessionId, attempt } = await scene.running();
      await createMoneyStore(db.database).reserve([aReservation(attempt, sessionId)]);
      await sessions.end(sessionId);
      expect(await db.sql('SELECT status FROM ledger_entry WHERE step_id = $1', [attempt.stepId])).toEqual([
        { status: 'uncertain' },
      ]);
    });
  });

  describe('write-off', () => {
    it('writes off the open reservations of one attempt as uncertain, without those of other attempts', async () => {
      const { sessionId, attempt } = await scene.running();
      const money = createMoneyStore(db.database);
      const other = aReservation({ ...attempt, attempt: attempt.attempt + 1 }, sessionId);
      await money.reserve([aReservation(attempt, sessionId), aReservation(attempt, sessionId)]);
      await db.sql(
        `INSERT INTO reservation (id, session_id, task_id, amount_nano, budgets, entry) VALUES ($1, $2, $3, 7, '{}', $4)`,
        [other.id, sessionId, attempt.taskId, JSON.stringify(other.entry)],
      );
      const held = { stepId: attempt.stepId, attempt: attempt.attempt };
      await sessions.writeOff(sessionId, held);
      await sessions.writeOff(sessionId, held);
      expect(await db.sql('SELECT status FROM ledger_entry WHERE step_id = $1', [attempt.stepId])).toEqual([
        { status: 'uncertain' },
        { status: 'uncertain' },
      ]);
      expect(await db.sql('SELECT id FROM reservation WHERE session_id = $1', [sessionId])).toEqual([{ id: other.id }]);
      expect(await stepRow(attempt.stepId)).toMatchObject({ status: 'running', losses: 0 });
    });

    it('is corrected by the end of a call that arrives later', async () => {
      const { sessionId, attempt } = await scene.running();
      const money = createMoneyStore(db.database);
      const reservation = aReservation(attempt, sessionId);
      await money.reserve([reservation]);
      await sessions.writeOff(sessionId, { stepId: attempt.stepId, attempt: attempt.attempt });
      await money.endCalls([anEndedCall(reservation)]);
      const rows = await db.sql('SELECT sum(cost_nano)::int AS cost FROM ledger_entry WHERE step_id = $1', [
        attempt.stepId,
      ]);
      expect(rows).toEqual([{ cost: 60 }]);
    });
  });

  it('lets a lost step rerun on another worker, and fences its first worker', async () => {
    const { task, sessionId, attempt } = await scene.running();
    await scene.expireSession(sessionId);
    await sessions.reap();
    await db.sql(`UPDATE step SET status = 'queued' WHERE id = $1`, [attempt.stepId]);
    const other = await scene.addSession();
    const [second] = await driveSteps(db.database).acquire(other, [{ stepId: attempt.stepId, attempt: 2 }]);
    expect((await scene.settle(sessionId, aSettlement(attempt))).outcomes.get(attempt.stepId)).toBe('fenced');
    expect((await scene.settle(other, aSettlement(second ?? attempt))).finished).toEqual([task.id]);
  });
});
