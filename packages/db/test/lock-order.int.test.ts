import { ALL_QUEUES } from '@pressroom/contracts';
import { seededRandom } from '@pressroom/runtime';
import {
  aChain,
  anAttempt,
  anEndedCall,
  aReservation,
  aSettlement,
  aStep,
  driveSteps,
  openScene,
  openTestDatabase,
  type OpenTestDatabase,
  until,
} from '@pressroom/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  createDispatchStore,
  createMoneyStore,
  createSessionStore,
  createTaskTransitionStore,
  RowLockedError,
  type NewTask,
} from '../src/index.ts';

const RUN_MS = 3_000;

/** All locking operations on the same few tasks, in random order and overlapping batches. */
describe('lock order', () => {
  let db: OpenTestDatabase;

  beforeAll(async () => {
    db = await openTestDatabase();
  });
  afterAll(() => db.close());

  it('prevents deadlocks between acquire, settle, cancel, reap, dispatch and money', async () => {
    const scene = await openScene(db);
    const random = seededRandom(11);
    const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
    const tasks: NewTask[] = [];
    for (let n = 0; n < 12; n += 1) {
      const parallel = Array.from({ length: 6 }, (_, index) => aStep({ key: `draft-${index}`, next: ['refine'] }));
      const refine = aStep({ key: 'refine', deps: parallel.map((step) => step.key), next: ['end'] });
      tasks.push(
        await scene.submit({
          steps: [...parallel, refine, ...aChain('refine', 'end').slice(1)],
          budgetNano: '1000000000',
        }),
      );
    }
    await db.sql(`INSERT INTO budget_counter (key, limit_nano) VALUES ('all', 1000000000000)`);
    const processes = Array.from({ length: 3 }, () => db.connect({ maxConnections: 4 }));
    const sessions = [await scene.addSession(), await scene.addSession(), await scene.addSession()];
    const budgets = ['all', ...tasks.map((task) => `task:${task.id}`)];
    const counts = { acquire: 0, settle: 0, change: 0, reap: 0, dispatch: 0, money: 0 };
    const someSteps = () => Array.from({ length: 8 }, () => pick(pick(tasks).steps));
    const endAtMs = performance.now() + RUN_MS;
    const deadlocksBefore = await deadlocks();

    const actions = (process: (typeof processes)[number], me: number) => ({
      async acquire() {
        const rows = await db.sql<{ id: string; attempt: number }>('SELECT id, attempt FROM step WHERE id = ANY ($1)', [
          someSteps().map((step) => step.id),
        ]);
        await driveSteps(process).acquire(
          sessions[me] ?? '',
          rows.map((row) => ({ stepId: row.id, attempt: row.attempt + 1 })),
        );
      },
      async settle() {
        const rows = await db.sql<{ id: string; attempt: number }>(
          `SELECT id, attempt FROM step WHERE status = 'running' ORDER BY random() LIMIT 6`,
        );
        // Half of them are revived afterwards, so that there is always work.
        await driveSteps(process).settle(
          sessions[me] ?? '',
          rows.map((row) => aSettlement({ stepId: row.id, attempt: row.attempt })),
          { handoffQueues: random() < 0.5 ? ALL_QUEUES : [], directCapacity: random() < 0.5 ? 1_000 : 0 },
        );
      },
      async change() {
        await createTaskTransitionStore(process).change(pick(tasks).id, null, (snapshot) => ({
          steps: snapshot.steps
            .filter((step) => step.status !== 'pending')
            .map((step) => ({ id: step.id, status: 'ready' as const })),
          events: [{ type: 'test.changed', data: {} }],
          attempts: [],
          deadLetters: [],
        }));
      },
      async reap() {
        const victim = Math.floor(random() * sessions.length);
        await scene.expireSession(sessions[victim] ?? '');
        sessions[victim] = await scene.addSession();
        await createSessionStore(process).reap();
      },
      async dispatch() {
        await createDispatchStore(process, ALL_QUEUES).markQueued(
          'write.interactive',
          someSteps().map((step) => step.id),
          50,
        );
      },
      async money() {
        const rows = await db.sql<{ id: string; task_id: string; attempt: number; session_id: string }>(
          `SELECT id, task_id, attempt, session_id FROM step WHERE status = 'running' ORDER BY random() LIMIT 4`,
        );
        const held = rows.map((row) =>
          aReservation(
            anAttempt({ tenantId: scene.tenantId, taskId: row.task_id, stepId: row.id, attempt: row.attempt }),
            row.session_id,
            { budgets: [pick(budgets), pick(budgets), 'all'] },
          ),
        );
        const store = createMoneyStore(process);
        const answers = await store.reserve(held);
        const reserved = held.filter((_, index) => answers[index]?.outcome === 'reserved');
        if (random() < 0.8) await store.endCalls(reserved.toReversed().map((one) => anEndedCall(one)));
      },
    });

    // The lock time-out expires before deadlock_timeout (1 s), and would hide deadlocks.
    const signature = 'uuid, uuid[], uuid[], int[], jsonb, text[], text[], int, int, boolean';
    await db.sql(`ALTER FUNCTION exchange_steps(${signature}) SET lock_timeout = '10s'`);
    const failures: unknown[] = [];
    const loop = async (process: (typeof processes)[number], me: number, name: keyof typeof counts) => {
      while (performance.now() < endAtMs) {
        try {
          await actions(process, me)[name]();
          counts[name] += 1;
        } catch (error) {
          // Three waits of 200 ms for one of twelve tasks under this load: not a fault of the lock order.
          if (error instanceof RowLockedError) continue;
          failures.push(error);
          return;
        }
      }
    };
    await Promise.all(
      processes.flatMap((process, me) =>
        (Object.keys(counts) as (keyof typeof counts)[]).map((name) => loop(process, me, name)),
      ),
    );

    expect(failures).toEqual([]);
    for (const [name, n] of Object.entries(counts)) expect(n, name).toBeGreaterThan(5);
    const total = Object.values(counts).reduce((sum, n) => sum + n, 0);
    expect((await deadlocks()) - deadlocksBefore).toBeLessThanOrEqual(total / 100);

    // No money was lost either.
    await db.sql(`UPDATE worker_session SET expires_at = now() - interval '1 ms'`);
    await until(async () => {
      await createSessionStore(db.database).reap();
      return (await db.sql('SELECT 1 FROM reservation LIMIT 1')).length === 0;
    });
    const [row] = await db.sql(
      `SELECT (SELECT reserved_nano FROM budget_counter WHERE key = 'all') AS reserved,
         (SELECT spent_nano FROM budget_counter WHERE key = 'all')
           - (SELECT coalesce(sum(cost_nano), 0) FROM ledger_entry) AS difference`,
    );
    expect(row).toEqual({ reserved: '0', difference: '0' });
    const gaps = await db.sql(
      `SELECT t.id FROM task t WHERE t.event_seq <> (SELECT count(*) FROM task_event e WHERE e.task_id = t.id)`,
    );
    expect(gaps).toEqual([]);
  });

  const deadlocks = async (): Promise<number> => {
    const [row] = await db.sql<{ n: string }>(
      'SELECT deadlocks AS n FROM pg_stat_database WHERE datname = current_database()',
    );
    return Number(row?.n);
  };
});
