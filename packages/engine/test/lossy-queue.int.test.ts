import { ALL_QUEUES, CreateTask, type StepJob } from '@pressroom/contracts';
import {
  createDispatchStore,
  createFleetStore,
  createLoopLeaseStore,
  createMoneyStore,
  createSessionStore,
  createStepStore,
  createSubmitStore,
  createTaskTransitionStore,
  startHeartbeat,
  StoreUnavailableError,
  type HeartbeatHandle,
  type StepStore,
} from '@pressroom/db';
import { seededRandom, silentLogger, systemClock, type Clock } from '@pressroom/runtime';
import { aPipeline, openScene, openTestDatabase, until, type OpenTestDatabase } from '@pressroom/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  createDispatcher,
  createStepRunner,
  createSubmitter,
  createTaskTransitions,
  createWorkerSession,
  startCoordinatorLoops,
  type JobSink,
  type StepRunner,
} from '../src/index.ts';
import { countedSlots } from './support/counted-slots.ts';

const TASKS = 60;
const CONCURRENCY = 16;
const log = silentLogger();
const pipeline = aPipeline({ drafts: 3 });
const findPipeline = () => pipeline;

/** Loses the connection after some commits, so that their replies are missing. */
function forgetful(store: StepStore, random: () => number): StepStore {
  const lose = <T>(answer: T): T => {
    if (random() < 0.05) throw new StoreUnavailableError('the connection was lost after the commit');
    return answer;
  };
  return {
    contexts: (ids) => store.contexts(ids),
    exchange: (session, request) => store.exchange(session, request).then(lose),
  };
}

/**
 * The whole engine on a real database, with a queue store that loses and repeats jobs, lost commit replies, failing agents, and a
 * worker that stops sending heartbeats.
 */
describe('with a queue store that loses 30 % of its jobs and delivers 20 % twice', () => {
  let db: OpenTestDatabase;

  beforeAll(async () => {
    db = await openTestDatabase({ maxConnections: 10 });
  });
  afterAll(() => db.close());

  /** One worker process with separate connections. */
  const startWorker = async (jobs: JobSink, random: () => number, clock: Clock) => {
    const database = db.connect({ maxConnections: 5 });
    const transitions = createTaskTransitions({
      store: createTaskTransitionStore(database),
      findPipeline,
      random,
      log,
    });
    const dispatcher = createDispatcher({ store: createDispatchStore(database, ALL_QUEUES), jobs, clock, log });
    const identity = { host: 'test', pid: 1, queues: ALL_QUEUES, concurrency: CONCURRENCY, version: '0' };
    let heartbeat: HeartbeatHandle | undefined;
    const session = createWorkerSession({
      store: createSessionStore(database),
      startHeartbeat: (settings, handlers) =>
        (heartbeat = startHeartbeat(
          { ...settings, databaseUrl: db.url, applicationName: 'test', logName: 'test' },
          handlers,
        )),
      identity,
      clock,
      log,
    });
    const hangs = Promise.withResolvers<never>();
    const state = { silent: false, ran: 0 };
    const runner = createStepRunner({
      steps: forgetful(createStepStore(database), random),
      session,
      transitions,
      dispatcher,
      jobs,
      findPipeline,
      queues: ALL_QUEUES,
      concurrency: CONCURRENCY,
      slots: countedSlots(CONCURRENCY),
      clock,
      log,
      async execute(attempt) {
        if (state.silent) return hangs.promise;
        state.ran += 1;
        await new Promise((resolve) => setImmediate(resolve));
        const expected = attempt.key === 'refine' ? ['draft-1', 'draft-2', 'draft-3', 'outline'] : undefined;
        // Failed attempts are retried, so refine has all its inputs.
        if (expected && Object.keys(attempt.outputs).toSorted().join() !== expected.join())
          throw new Error('outputs are missing');
        if (random() < 0.05) return { outcome: 'failed', error: new Error('boom'), costNano: 1n };
        const output = { key: attempt.key };
        return { outcome: 'done', output, limitations: [], degraded: false, costNano: 5n, avoided: [] };
      },
    });
    await session.start();
    return { runner, session, dispatcher, state, silence: () => heartbeat?.stop() };
  };

  it('every task ends exactly once, although a worker stops sending heartbeats', async () => {
    const scene = await openScene(db);
    const random = seededRandom(2026);
    const runners: StepRunner[] = [];
    let lost = 0;
    const deliver = (job: StepJob) => {
      const runner = runners[Math.floor(random() * runners.length)];
      setImmediate(() => void runner?.run(job));
    };
    const jobs: JobSink = {
      add(_queue, added) {
        for (const { job } of added) {
          const chance = random();
          if (chance < 0.3) lost += 1;
          else deliver(job);
          if (chance > 0.8) deliver(job);
        }
        return Promise.resolve();
      },
    };
    // A stopped process: its timers do not run, its connections stay open.
    const frozen = Promise.withResolvers<never>();
    let isFrozen = false;
    const freezable: Clock = {
      ...systemClock,
      sleep: (ms, signal) => systemClock.sleep(ms, signal).then(() => (isFrozen ? frozen.promise : undefined)),
    };
    const steady = await startWorker(jobs, random, systemClock);
    const doomed = await startWorker(jobs, random, freezable);
    runners.push(steady.runner, doomed.runner);

    const { database } = db;
    const dispatcher = createDispatcher({
      store: createDispatchStore(database, ALL_QUEUES),
      jobs,
      clock: systemClock,
      log,
    });
    const transitions = createTaskTransitions({
      store: createTaskTransitionStore(database),
      findPipeline,
      random,
      log,
    });
    const loops = startCoordinatorLoops({
      sessions: createSessionStore(database),
      fleet: createFleetStore(database),
      money: createMoneyStore(database),
      leases: createLoopLeaseStore(database),
      dispatcher,
      transitions,
      clock: systemClock,
      log,
    });
    const submit = createSubmitter({ store: createSubmitStore(database), jobs, dispatcher, findPipeline, log });
    const accepted = await Promise.all(
      Array.from({ length: TASKS }, (_, index) =>
        submit({
          tenantId: scene.tenantId,
          task: CreateTask.parse({ type: 'article', input: { topic: `task ${index}` } }),
          input: { topic: `task ${index}` },
          idempotency: undefined,
        }),
      ),
    );
    expect(accepted.every((answer) => answer.outcome === 'accepted')).toBe(true);

    await until(async () => (await db.sql(`SELECT 1 FROM step WHERE status = 'completed' LIMIT 20`)).length === 20);
    doomed.state.silent = true;
    isFrozen = true;
    await doomed.silence();
    // Expires its session; the reaper does the rest.
    await until(async () => (await db.sql(`SELECT 1 FROM step WHERE session_id = $1`, [doomed.session.id])).length > 0);
    await scene.expireSession(doomed.session.id);
    runners.splice(1, 1);

    await until(async () => (await db.sql('SELECT 1 FROM task WHERE finished_at IS NULL LIMIT 1')).length === 0, {
      timeoutMs: 45_000,
      everyMs: 50,
      describe: 'every task ends',
    });
    await steady.session.stop();
    await loops.stop();
    await Promise.all([steady.dispatcher.stop(), dispatcher.stop()]);

    expect(lost).toBeGreaterThan(20);
    expect(
      await db.sql('SELECT status, steps_total, steps_left, count(*)::int AS n FROM task GROUP BY 1, 2, 3'),
    ).toEqual([{ status: 'completed', steps_total: 6, steps_left: 0, n: TASKS }]);
    const [ends] = await db.sql<{ n: number; tasks: number }>(
      `SELECT count(*)::int AS n, count(DISTINCT task_id)::int AS tasks FROM task_event
       WHERE type IN ('task.completed', 'task.partial', 'task.failed', 'task.cancelled')`,
    );
    expect(ends).toEqual({ n: TASKS, tasks: TASKS });
    expect(
      await db.sql(
        `SELECT t.id FROM task t WHERE t.event_seq <> (SELECT count(*) FROM task_event e WHERE e.task_id = t.id)`,
      ),
    ).toEqual([]);
    // One result per step, also when attempts ran twice.
    expect(await db.sql('SELECT step_id FROM artifact GROUP BY 1 HAVING count(*) > 1')).toEqual([]);
    expect(
      await db.sql(`SELECT step_id FROM attempt WHERE outcome = 'completed' GROUP BY 1 HAVING count(*) > 1`),
    ).toEqual([]);
    const [paid] = await db.sql<{ difference: string }>(
      'SELECT (SELECT sum(spent_nano) FROM task) - (SELECT sum(cost_nano) FROM attempt) AS difference',
    );
    expect(paid?.difference).toBe('0');
    expect((await db.sql(`SELECT 1 FROM attempt WHERE outcome = 'lost'`)).length).toBeGreaterThan(0);
  }, 60_000);
});
