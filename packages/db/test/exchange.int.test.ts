import { ALL_QUEUES, type QueueName } from '@pressroom/contracts';
import {
  aChain,
  aSettlement,
  aStep,
  openScene,
  openTestDatabase,
  type OpenTestDatabase,
  type Scene,
} from '@pressroom/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import {
  createStepStore,
  type Exchange,
  type ExchangeAnswer,
  type NewTask,
  type SettleItem,
  type StepAttempt,
  type StepStore,
} from '../src/index.ts';

const nothing: Exchange = {
  settle: [],
  acquire: [],
  handoffQueues: [],
  queuesWithBacklog: [],
  directCapacity: 1_000,
  extraSlots: 0,
  skipLocked: false,
};

describe('exchange', () => {
  let db: OpenTestDatabase;
  let scene: Scene;
  let steps: StepStore;
  let sessionId: string;

  beforeAll(async () => {
    db = await openTestDatabase();
    scene = await openScene(db);
    steps = createStepStore(db.database);
  });
  beforeEach(async () => {
    await db.sql('TRUNCATE queue_state, task_type_cap');
    sessionId = await scene.addSession();
  });
  afterAll(() => db.close());

  /** A task whose outline runs in the session, with a step that depends on it. */
  const anOutline = async (facts: Partial<NewTask> = {}): Promise<StepAttempt> => {
    const task = await scene.submit({ steps: aChain('outline', 'refine'), ...facts });
    await db.sql(`UPDATE step SET status = 'queued' WHERE task_id = $1 AND status = 'ready'`, [task.id]);
    return scene.acquire(sessionId, task.steps[0]?.id ?? '');
  };
  /** Settlement of the outline, which adds drafts in the given queues. */
  const fanOut = (attempt: StepAttempt, queues: readonly QueueName[]): SettleItem => {
    const spawn = queues.map((queue, index) =>
      aStep({ key: `draft-${index + 1}`, queue, deps: ['outline'], depsLeft: 0, next: ['refine'] }),
    );
    return {
      ...aSettlement(attempt, { spawn, joins: { refine: spawn.map((step) => step.key) } }),
      taskId: attempt.taskId,
    };
  };
  const drafts = (count: number): QueueName[] => Array<QueueName>(count).fill('draft.interactive');
  const exchange = (request: Partial<Exchange>): Promise<ExchangeAnswer> =>
    steps.exchange(sessionId, { ...nothing, ...request });
  const kindsOf = (answer: ExchangeAnswer): string[] => answer.released.map((step) => step.kind).toSorted();
  const handoffsOf = (answer: ExchangeAnswer): string[] =>
    answer.released.flatMap((step) => (step.kind === 'handoff' ? [step.stepId] : [])).toSorted();
  const held = (answer: ExchangeAnswer): string[] => answer.attempts.map((attempt) => attempt.stepId).toSorted();
  const eventsOf = (taskId: string) =>
    db.sql<{ seq: number; type: string; step: string | null }>(
      `SELECT seq, type, data ->> 'step' AS step FROM task_event WHERE task_id = $1 ORDER BY seq`,
      [taskId],
    );

  describe('hands off locally', () => {
    it.each([
      { extraSlots: 0, expected: ['handoff', 'queued', 'queued', 'queued'] },
      { extraSlots: 2, expected: ['handoff', 'handoff', 'handoff', 'queued'] },
      { extraSlots: 9, expected: ['handoff', 'handoff', 'handoff', 'handoff'] },
    ])('one released step of a task and up to $extraSlots more', async ({ extraSlots, expected }) => {
      const outline = await anOutline();
      const answer = await exchange({
        settle: [fanOut(outline, drafts(4))],
        handoffQueues: ALL_QUEUES,
        extraSlots,
      });
      expect(kindsOf(answer)).toEqual(expected);
      expect(held(answer)).toEqual(handoffsOf(answer));
      const running = await db.sql<{ id: string; attempt: number; session_id: string }>(
        `SELECT id, attempt, session_id FROM step WHERE task_id = $1 AND status = 'running' ORDER BY id`,
        [outline.taskId],
      );
      expect(running).toEqual(handoffsOf(answer).map((id) => ({ id, attempt: 1, session_id: sessionId })));
    });

    it('extra steps up to the total, not per task', async () => {
      const outlines = [await anOutline(), await anOutline()];
      const answer = await exchange({
        settle: outlines.map((outline) => fanOut(outline, drafts(3))),
        handoffQueues: ALL_QUEUES,
        extraSlots: 1,
      });
      expect(kindsOf(answer)).toEqual(['handoff', 'handoff', 'handoff', 'queued', 'queued', 'queued']);
      const tasks = answer.attempts.map((attempt) => attempt.taskId);
      expect(new Set(tasks)).toEqual(new Set(outlines.map((outline) => outline.taskId)));
    });

    it.each([
      {
        title: 'a tenant with a cap',
        facts: async () => ({ tenantId: await scene.addTenant({ maxConcurrency: 50 }) }),
      },
      {
        title: 'a task type with a cap',
        facts: async () => {
          await db.sql(`INSERT INTO task_type_cap (task_type, max_running) VALUES ('article', 50)`);
          return {};
        },
      },
    ])('only the step that replaces the settled one for $title', async ({ facts }) => {
      const outline = await anOutline(await facts());
      const answer = await exchange({
        settle: [fanOut(outline, drafts(3))],
        handoffQueues: ALL_QUEUES,
        extraSlots: 5,
      });
      expect(kindsOf(answer)).toEqual(['handoff', 'ready', 'ready']);
      expect(held(answer)).toEqual(handoffsOf(answer));
    });

    it('extra steps of other tenants, although a capped tenant has released steps in the same batch', async () => {
      const capped = await anOutline({ tenantId: await scene.addTenant({ maxConcurrency: 50 }) });
      const open = await anOutline();
      const answer = await exchange({
        settle: [fanOut(capped, drafts(3)), fanOut(open, drafts(3))],
        handoffQueues: ALL_QUEUES,
        extraSlots: 2,
      });
      const kindsOfTask = (taskId: string) =>
        kindsOf({ ...answer, released: answer.released.filter((step) => step.taskId === taskId) });
      expect(kindsOfTask(capped.taskId)).toEqual(['handoff', 'ready', 'ready']);
      expect(kindsOfTask(open.taskId)).toEqual(['handoff', 'handoff', 'handoff']);
    });

    it('no step of a paused queue', async () => {
      const outline = await anOutline();
      await db.sql(`INSERT INTO queue_state (name, paused, changed_by) VALUES ('draft.interactive', true, 'key-1')`);
      const queues: QueueName[] = ['draft.interactive', 'draft.batch', 'draft.interactive', 'draft.batch'];
      const answer = await exchange({
        settle: [fanOut(outline, queues)],
        handoffQueues: ALL_QUEUES,
        extraSlots: 5,
      });
      expect(answer.released.map((step) => `${step.queue} ${step.kind}`).toSorted()).toEqual([
        'draft.batch handoff',
        'draft.batch handoff',
        'draft.interactive ready',
        'draft.interactive ready',
      ]);
    });

    it('no step of a queue outside `handoffQueues`', async () => {
      const outline = await anOutline();
      const answer = await exchange({
        settle: [fanOut(outline, ['draft.interactive', 'draft.batch', 'draft.batch'])],
        handoffQueues: ['draft.batch'],
        extraSlots: 5,
      });
      expect(answer.released.map((step) => `${step.queue} ${step.kind}`).toSorted()).toEqual([
        'draft.batch handoff',
        'draft.batch handoff',
        'draft.interactive queued',
      ]);
    });

    it.each([
      {
        title: 'no step while a step of another tenant waits',
        isOwn: false,
        isSeen: true,
        expected: ['ready', 'ready'],
      },
      {
        title: 'steps while only its own tenant waits',
        isOwn: true,
        isSeen: true,
        expected: ['handoff', 'ready'],
      },
      {
        title: 'steps without a check when no backlog was reported',
        isOwn: false,
        isSeen: false,
        expected: ['handoff', 'queued'],
      },
    ])('$title', async ({ isOwn, isSeen, expected }) => {
      const outline = await anOutline({ tenantId: await scene.addTenant() });
      const waiting = await scene.submit({
        tenantId: isOwn ? outline.tenantId : scene.tenantId,
        steps: [aStep({ key: 'draft', queue: 'draft.batch' })],
      });
      await db.sql(`UPDATE step SET status = 'completed' WHERE queue = 'draft.batch' AND status = 'ready'`);
      await db.sql(`UPDATE step SET status = 'ready' WHERE task_id = $1`, [waiting.id]);
      const answer = await exchange({
        settle: [fanOut(outline, ['draft.batch', 'draft.batch'])],
        handoffQueues: ALL_QUEUES,
        queuesWithBacklog: isSeen ? ['draft.batch'] : [],
      });
      expect(kindsOf(answer)).toEqual(expected);
    });

    it('nothing for a repeated settle', async () => {
      const outline = await anOutline();
      const request = {
        settle: [fanOut(outline, drafts(3))],
        handoffQueues: ALL_QUEUES,
        extraSlots: 5,
      };
      await exchange(request);
      expect(await exchange(request)).toEqual({
        outcomes: new Map([[outline.stepId, 'already']]),
        released: [],
        finished: [],
        unfinished: [],
        attempts: [],
        locked: [],
      });
    });
  });

  it('queues released steps directly only while fewer than the capacity are queued', async () => {
    const outlines = [await anOutline(), await anOutline()];
    await scene.submit({ steps: [aStep({ key: 'fact-check', queue: 'refine.batch' })] });
    const [queued] = await db.sql<{ n: number }>(
      `SELECT count(*)::int AS n FROM step WHERE status = 'queued' AND queue = 'refine.batch'`,
    );
    const room = queued?.n ?? 0;
    const settle = outlines.map((outline) => fanOut(outline, ['refine.batch']));
    const full = await exchange({ settle: settle.slice(0, 1), directCapacity: room });
    expect(kindsOf(full)).toEqual(['ready']);
    const open = await exchange({ settle: settle.slice(1), directCapacity: room + 1 });
    expect(kindsOf(open)).toEqual(['queued']);
  });

  describe('settling and acquiring together', () => {
    it('returns the contexts of both, with events in the right order', async () => {
      const task = await scene.submit({
        steps: [
          aStep({ key: 'research', next: ['outline'] }),
          aStep({ key: 'pictures', next: ['outline', 'refine'] }),
          aStep({ key: 'draft', deps: ['research'], depsLeft: 0, next: [] }),
          aStep({ key: 'outline', deps: ['research'], depsLeft: 1, next: ['refine'] }),
          aStep({ key: 'refine', deps: ['outline', 'pictures'] }),
        ],
      });
      const [research, pictures, , outline] = task.steps.map((step) => step.id);
      const first = await scene.acquire(sessionId, research ?? '');
      const answer = await exchange({
        settle: [{ ...aSettlement(first, { costNano: '7' }), taskId: task.id }],
        acquire: [{ taskId: task.id, stepId: pictures ?? '', attempt: 1 }],
        handoffQueues: ALL_QUEUES,
      });
      expect(answer.outcomes).toEqual(new Map([[research, 'settled']]));
      expect(answer.released).toMatchObject([{ kind: 'handoff', stepId: outline }]);
      const byKey = new Map(answer.attempts.map((attempt) => [attempt.key, attempt]));
      expect([...byKey.keys()].toSorted()).toEqual(['outline', 'pictures']);
      expect(byKey.get('pictures')).toMatchObject({ stepId: pictures, attempt: 1, successors: 2, outputs: {} });
      expect(byKey.get('outline')).toMatchObject({
        stepId: outline,
        attempt: 1,
        successors: 1,
        outputs: { research: { text: 'done' } },
      });
      const events = await eventsOf(task.id);
      expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
      const since = events.slice(events.findIndex((event) => event.type === 'step.completed'));
      expect(since.map(({ type, step }) => [type, step])).toEqual([
        ['step.completed', 'research'],
        ['cost.updated', null],
        ['step.started', 'outline'],
        ['step.started', 'pictures'],
      ]);
    });

    it('serves different tasks in one batch', async () => {
      const ending = await scene.running();
      const newTask = await scene.submit();
      const stepId = newTask.steps[0]?.id ?? '';
      const answer = await steps.exchange(ending.sessionId, {
        ...nothing,
        settle: [{ ...aSettlement(ending.attempt), taskId: ending.task.id }],
        acquire: [{ taskId: newTask.id, stepId, attempt: 1 }],
      });
      expect(answer.finished).toEqual([ending.task.id]);
      expect(answer.attempts).toMatchObject([{ stepId, taskId: newTask.id, attempt: 1 }]);
      expect((await eventsOf(ending.task.id)).at(-1)?.type).toBe('task.completed');
      expect((await eventsOf(newTask.id)).at(-1)).toMatchObject({ type: 'step.started', step: 'write' });
    });

    it('rolls both back when a plan in the batch is invalid', async () => {
      const outline = await anOutline();
      const waiting = await scene.submit();
      const stepId = waiting.steps[0]?.id ?? '';
      const impossible = fanOut(outline, drafts(2));
      const [one] = impossible.spawn;
      const settle = [{ ...impossible, spawn: one ? [one, { ...one, id: stepId }] : [] }];
      await expect(exchange({ settle, acquire: [{ taskId: waiting.id, stepId, attempt: 1 }] })).rejects.toThrow(
        /duplicate key/,
      );
      expect(await db.sql('SELECT status, attempt FROM step WHERE id = $1', [stepId])).toEqual([
        { status: 'queued', attempt: 0 },
      ]);
    });
  });

  describe('an acquisition', () => {
    it('is returned once although it is twice in a batch', async () => {
      const task = await scene.submit();
      const job = { taskId: task.id, stepId: task.steps[0]?.id ?? '', attempt: 1 };
      const answer = await exchange({ acquire: [job, job] });
      expect(answer.attempts).toMatchObject([{ stepId: job.stepId, attempt: 1 }]);
      expect((await eventsOf(task.id)).filter((event) => event.type === 'step.started')).toHaveLength(1);
    });

    it('returns nothing when the task is not that of the step, even if the batch also has the right one', async () => {
      const [one, two] = [await scene.submit(), await scene.submit()];
      const ids = [one, two].map((task) => task.steps[0]?.id ?? '');
      const answer = await exchange({
        acquire: [
          { taskId: two.id, stepId: ids[0] ?? '', attempt: 1 },
          { taskId: one.id, stepId: ids[1] ?? '', attempt: 1 },
        ],
      });
      expect(answer.attempts).toEqual([]);
      const untouched = { status: 'queued', attempt: 0, session_id: null };
      expect(await db.sql('SELECT status, attempt, session_id FROM step WHERE id = ANY ($1)', [ids])).toEqual([
        untouched,
        untouched,
      ]);
    });

    it('returns nothing for a step that the same statement hands off', async () => {
      const task = await scene.submit({ steps: aChain('outline', 'refine') });
      const first = await scene.acquire(sessionId, task.steps[0]?.id ?? '');
      const stepId = task.steps[1]?.id ?? '';
      const answer = await exchange({
        settle: [{ ...aSettlement(first), taskId: task.id }],
        acquire: [{ taskId: task.id, stepId, attempt: 1 }],
        handoffQueues: ALL_QUEUES,
      });
      expect(answer.released).toMatchObject([{ kind: 'handoff', stepId, attempt: 1 }]);
      expect(answer.attempts).toMatchObject([{ stepId, attempt: 1 }]);
      expect(
        (await eventsOf(task.id)).filter(({ step, type }) => type === 'step.started' && step === 'refine'),
      ).toHaveLength(1);
    });
  });
});
