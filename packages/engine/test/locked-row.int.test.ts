import { ALL_QUEUES } from '@pressroom/contracts';
import {
  createFleetStore,
  createLoopLeaseStore,
  createMoneyStore,
  createSessionStore,
  createStepStore,
  isConnectionFailure,
  type Reservation,
  type StepAttempt,
} from '@pressroom/db';
import { createIsolatingBatcher, silentLogger, systemClock } from '@pressroom/runtime';
import {
  aReservation,
  aSettlement,
  holdRows,
  openTestDatabase,
  until,
  type OpenTestDatabase,
} from '@pressroom/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startCoordinatorLoops } from '../src/loops/coordinator-loops.ts';
import { createStepExchange, type StepExchange } from '../src/attempt/step-exchange.ts';
import { openRun } from './support/a-run.ts';
import { countedSlots } from './support/counted-slots.ts';
import { aSession } from './support/a-session.ts';

/** Far longer than the lock time-out, far shorter than the statement time-out of 15 s. */
const SOON_MS = 5_000;

describe('a task row that another transaction has locked', () => {
  let db: OpenTestDatabase;
  let run: Awaited<ReturnType<typeof openRun>>;

  beforeAll(async () => {
    db = await openTestDatabase();
    run = await openRun(db);
  });
  afterAll(() => db.close());

  const holdTask = (taskId: string) => holdRows(db.url, 'SELECT 1 FROM task WHERE id = $1 FOR UPDATE', [taskId]);
  const statusOf = async (stepId: string): Promise<string | undefined> =>
    (await db.sql<{ status: string }>('SELECT status FROM step WHERE id = $1', [stepId]))[0]?.status;
  const openExchange = (sessionId: string): StepExchange =>
    createStepExchange({
      steps: createStepStore(db.connect()),
      session: aSession(sessionId),
      slots: countedSlots(0),
      queues: ALL_QUEUES,
      concurrency: 16,
      isDraining: () => false,
      onAnswer: () => undefined,
      runInReservedSlot: () => undefined,
    });
  const settlement = (attempt: StepAttempt) => ({ ...aSettlement(attempt), taskId: attempt.taskId });
  const within = <T>(work: Promise<T>, ms = SOON_MS): Promise<T> =>
    Promise.race([
      work,
      systemClock.sleep(ms).then(() => {
        throw new Error(`not done within ${ms} ms`);
      }),
    ]);

  it('delays neither settles nor acquisitions of other tasks, and its own settle succeeds after the lock', async () => {
    const sessionId = await run.scene.addSession();
    const exchange = openExchange(sessionId);
    const held = await run.scene.running();
    await db.sql('UPDATE step SET session_id = $1 WHERE id = $2', [sessionId, held.attempt.stepId]);
    const others: StepAttempt[] = [];
    for (let n = 0; n < 30; n += 1) {
      const { attempt } = await run.scene.running();
      await db.sql('UPDATE step SET session_id = $1 WHERE id = $2', [sessionId, attempt.stepId]);
      others.push(attempt);
    }
    const waiting = await Promise.all(Array.from({ length: 10 }, () => run.scene.submit()));
    const release = await holdTask(held.task.id);
    try {
      let isSettled = false;
      const settleHeld = async (): Promise<void> => {
        while (!isSettled) {
          isSettled = await exchange.settle(settlement(held.attempt), 0).then(
            ({ outcome }) => outcome === 'settled',
            () => false,
          );
        }
      };
      const heldSettles = settleHeld();
      const settled = await within(Promise.all(others.map((attempt) => exchange.settle(settlement(attempt), 0))));
      expect(settled.map(({ outcome }) => outcome)).toEqual(others.map(() => 'settled'));
      // The lock is known by now: later requests do not wait for it.
      const latencies: number[] = [];
      for (const task of waiting) {
        const startedMs = performance.now();
        const taken = await within(exchange.acquire({ taskId: task.id, stepId: task.steps[0]?.id ?? '', attempt: 1 }));
        latencies.push(performance.now() - startedMs);
        expect(taken?.taskId).toBe(task.id);
      }
      // Waiting for the lock would take at least 200 ms each.
      expect(latencies.toSorted((a, b) => a - b)[waiting.length / 2]).toBeLessThan(150);
      expect(isSettled).toBe(false);
      await release();
      await within(heldSettles);
      expect(await statusOf(held.attempt.stepId)).toBe('completed');
    } finally {
      await release().catch(() => undefined);
    }
  });

  it('frees the slot of its job; the step stays queued', async () => {
    const sessionId = await run.scene.addSession();
    const exchange = openExchange(sessionId);
    const task = await run.scene.submit();
    const stepId = task.steps[0]?.id ?? '';
    const release = await holdTask(task.id);
    expect(await within(exchange.acquire({ taskId: task.id, stepId, attempt: 1 }))).toBeUndefined();
    expect(await statusOf(stepId)).toBe('queued');
    await release();
    expect(await exchange.acquire({ taskId: task.id, stepId, attempt: 1 })).toMatchObject({ stepId });
  });

  it('is isolated also when the locked row is a step', async () => {
    const sessionId = await run.scene.addSession();
    const exchange = openExchange(sessionId);
    const attempts: StepAttempt[] = [];
    for (let n = 0; n < 8; n += 1) {
      const { attempt } = await run.scene.running();
      await db.sql('UPDATE step SET session_id = $1 WHERE id = $2', [sessionId, attempt.stepId]);
      attempts.push(attempt);
    }
    const [held, ...others] = attempts;
    const release = await holdRows(db.url, 'SELECT 1 FROM step WHERE id = $1 FOR UPDATE', [held?.stepId]);
    const answers = await within(Promise.allSettled(attempts.map((each) => exchange.settle(settlement(each), 0))));
    await release();
    expect(answers.map(({ status }) => status)).toEqual(['rejected', ...others.map(() => 'fulfilled')]);
    expect(answers[0]).toMatchObject({ reason: { code: 'UNAVAILABLE', name: 'RowLockedError' } });
  });

  it('delays no other budget: other reservations succeed, its own fails until the lock is released', async () => {
    const money = createMoneyStore(db.connect());
    const reserve = createIsolatingBatcher((items: Reservation[]) => money.reserve(items), {
      maxSize: 64,
      maxParallel: 1,
      isSharedFailure: isConnectionFailure,
    });
    const running = await Promise.all(Array.from({ length: 8 }, () => run.scene.running({ budgetNano: '1000000000' })));
    const held = `task:${running[3]?.task.id ?? ''}`;
    const release = await holdRows(db.url, 'SELECT 1 FROM budget_counter WHERE key = $1 FOR UPDATE', [held]);
    const answers = await within(
      Promise.allSettled(
        running.map(({ attempt, sessionId, task }) =>
          reserve(aReservation(attempt, sessionId, { budgets: [`task:${task.id}`] })),
        ),
      ),
    );
    await release();
    expect(answers.flatMap(({ status }, index) => (status === 'rejected' ? [index] : []))).toEqual([3]);
    expect(answers[3]).toMatchObject({ reason: { name: 'RowLockedError' } });
  });

  it('does not block the release of other expired sessions’ steps, and its own follow after the lock', async () => {
    const sessions = createSessionStore(db.database);
    const held = await run.scene.running();
    const other = await run.scene.running();
    const release = await holdTask(held.task.id);
    await run.scene.expireSession(held.sessionId);
    await run.scene.expireSession(other.sessionId);
    const lost = await within(sessions.reap());
    expect(lost.map(({ taskId }) => taskId)).toEqual([other.task.id]);
    await release();
    expect((await sessions.reap()).map(({ taskId }) => taskId)).toEqual([held.task.id]);
  });

  it('does not delay the deadlines of other tasks, and is ended after the lock', async () => {
    const held = await run.submit();
    const others = await Promise.all(Array.from({ length: 5 }, () => run.submit()));
    await db.sql(`UPDATE task SET deadline_at = pressroom_now() - interval '1 hour' WHERE id = $1`, [held]);
    await db.sql(`UPDATE task SET deadline_at = pressroom_now() - interval '1 minute' WHERE id = ANY ($1)`, [others]);
    const release = await holdTask(held);
    const database = db.connect();
    const loops = startCoordinatorLoops({
      sessions: createSessionStore(database),
      fleet: createFleetStore(database),
      money: createMoneyStore(database),
      leases: createLoopLeaseStore(database),
      dispatcher: {
        requestDispatch: () => undefined,
        dispatchOnce: () => Promise.resolve(0),
        requeueStale: () => Promise.resolve(0),
        reserveDirectSlot: () => false,
        stop: () => Promise.resolve(),
      },
      transitions: run.transitions,
      clock: systemClock,
      log: silentLogger(),
    });
    const open = async (taskIds: readonly string[]): Promise<number> =>
      (await db.sql('SELECT 1 FROM task WHERE id = ANY ($1) AND finished_at IS NULL', [taskIds])).length;
    try {
      await until(async () => (await open(others)) === 0, { timeoutMs: SOON_MS, describe: 'the end of other tasks' });
      expect(await open([held])).toBe(1);
      await release();
      await until(async () => (await open([held])) === 0, { timeoutMs: SOON_MS, describe: 'its own end' });
    } finally {
      await loops.stop();
    }
  });
});
