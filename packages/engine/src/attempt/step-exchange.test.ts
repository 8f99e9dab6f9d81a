import { ALL_QUEUES, type QueueName } from '@pressroom/contracts';
import {
  RowLockedError,
  type Exchange,
  type ExchangeAnswer,
  type ReleasedStep,
  type SettleItem,
  type StepAttempt,
} from '@pressroom/db';
import { anAttempt, aSettlement, until } from '@pressroom/testkit';
import { describe, expect, it } from 'vitest';

import { countedSlots } from '../../test/support/counted-slots.ts';
import type { WorkerSession } from '../lease/worker-session.ts';
import type { AttemptSlot } from '../ports.ts';
import { createStepExchange } from './step-exchange.ts';

const CONCURRENCY = 8;

const session: WorkerSession = {
  id: 'session-1',
  active: 0,
  registerAttempt: () => () => undefined,
  onOrphan: () => undefined,
  hasBacklog: (queue) => queue === 'draft.interactive',
  silentMs: () => 0,
  liveWorkers: 1,
  onHeartbeat: () => undefined,
  start: () => Promise.resolve(),
  stop: () => Promise.resolve(),
};

/** A pending statement, which the test answers. */
interface Sent {
  request: Exchange;
  answer: (facts?: Partial<ExchangeAnswer>) => void;
  fail: (error: Error) => void;
}

function open(options: { free?: number; queues?: readonly QueueName[]; liveWorkers?: number } = {}) {
  const sent: Sent[] = [];
  const slots = countedSlots(options.free ?? 0);
  const reserved: { attempt: StepAttempt; slot: AttemptSlot }[] = [];
  const answers: ExchangeAnswer[] = [];
  const state = { isDraining: false };
  const exchange = createStepExchange({
    steps: {
      exchange: (_session, request) =>
        new Promise((resolve, reject) => {
          const answer = (facts: Partial<ExchangeAnswer> = {}) => {
            const outcomes = new Map(request.settle.map((item) => [item.stepId, 'settled'] as const));
            resolve({ outcomes, released: [], finished: [], unfinished: [], attempts: [], locked: [], ...facts });
          };
          sent.push({ request, answer, fail: reject });
        }),
      contexts: () => Promise.reject(new Error('not used by the exchange')),
    },
    session: { ...session, liveWorkers: options.liveWorkers ?? 1 },
    slots,
    queues: options.queues ?? ALL_QUEUES,
    concurrency: CONCURRENCY,
    isDraining: () => state.isDraining,
    onAnswer: (answer) => answers.push(answer),
    runInReservedSlot: (attempt, slot) => reserved.push({ attempt, slot }),
  });
  /** The statement with this index, once it is sent. */
  const statement = (index: number): Promise<Sent> => until(() => sent[index], { everyMs: 1 });
  return { exchange, statement, sent, slots, reserved, answers, state };
}

const aJob = (stepId: string) => ({ taskId: 'task-1', stepId, attempt: 1 });
const anItem = (stepId: string, taskId = 'task-1'): SettleItem => ({
  ...aSettlement({ stepId, attempt: 1 }),
  taskId,
});
/** The answer of a statement that hands off these steps of a task. */
const aHandoff = (stepIds: readonly string[], taskId = 'task-1'): Pick<ExchangeAnswer, 'released' | 'attempts'> => ({
  released: stepIds.map((stepId): ReleasedStep => {
    return { kind: 'handoff', stepId, taskId, queue: 'outline.interactive', attempt: 1, priority: 5 };
  }),
  attempts: stepIds.map((stepId) => anAttempt({ stepId, taskId })),
});

describe('the step exchange', () => {
  it('sends requests that arrive during a statement together in the next one', async () => {
    const { exchange, statement, sent, answers } = open();
    const first = exchange.acquire(aJob('a'));
    const one = await statement(0);
    const acquired = [exchange.acquire(aJob('b')), exchange.acquire(aJob('c'))];
    const settled = [exchange.settle(anItem('d'), 0), exchange.settle(anItem('e', 'task-2'), 0)];
    one.answer({ attempts: [anAttempt({ stepId: 'a' })] });
    expect(await first).toMatchObject({ stepId: 'a' });
    const two = await statement(1);
    expect(one.request).toMatchObject({ acquire: [aJob('a')], settle: [] });
    expect(two.request).toMatchObject({
      acquire: [aJob('b'), aJob('c')],
      settle: [anItem('d'), anItem('e', 'task-2')],
    });
    two.answer({
      attempts: [anAttempt({ stepId: 'c' })],
      outcomes: new Map([
        ['d', 'already'],
        ['e', 'settled'],
      ]),
    });
    expect(await Promise.all(acquired)).toMatchObject([undefined, { stepId: 'c' }]);
    expect(await Promise.all(settled)).toEqual([
      { outcome: 'already', next: undefined },
      { outcome: 'settled', next: undefined },
    ]);
    expect(sent).toHaveLength(2);
    expect(answers).toHaveLength(2);
  });

  it('acquires a job once that is delivered twice in a batch', async () => {
    const { exchange, statement } = open();
    const acquired = [exchange.acquire(aJob('a')), exchange.acquire(aJob('a'))];
    (await statement(0)).answer({ attempts: [anAttempt({ stepId: 'a' })] });
    expect(await Promise.all(acquired)).toMatchObject([{ stepId: 'a' }, undefined]);
  });

  it('returns an attempt only for a job with the same attempt number', async () => {
    const { exchange, statement } = open();
    const acquired = [exchange.acquire({ ...aJob('a'), attempt: 2 }), exchange.acquire(aJob('a'))];
    (await statement(0)).answer({ attempts: [anAttempt({ stepId: 'a' })] });
    expect(await Promise.all(acquired)).toMatchObject([undefined, { stepId: 'a' }]);
  });

  it('reports a settle without an outcome as `fenced`', async () => {
    const { exchange, statement } = open();
    const settled = exchange.settle(anItem('a'), 0);
    (await statement(0)).answer({ outcomes: new Map() });
    expect(await settled).toEqual({ outcome: 'fenced', next: undefined });
  });

  describe('reserves slots for local hand-offs', () => {
    it.each([
      {
        title: 'none for the step that runs in the settled step’s slot',
        maxReleased: [1, 0, 1],
        free: 5,
        extraSlots: 0,
      },
      { title: 'one per further step that a settle may release', maxReleased: [4], free: 5, extraSlots: 3 },
      { title: 'the sum over all settles of the batch', maxReleased: [4, 1, 3], free: 10, extraSlots: 5 },
      { title: 'at most the free slots', maxReleased: [4], free: 2, extraSlots: 2 },
      { title: 'none when no slot is free', maxReleased: [4], free: 0, extraSlots: 0 },
      { title: 'at most 16, so that jobs still find slots', maxReleased: [40], free: 60, extraSlots: 16 },
    ])('$title', async ({ maxReleased, free, extraSlots }) => {
      const { exchange, statement, slots } = open({ free });
      const settled = maxReleased.map((most, index) => exchange.settle(anItem(`step-${index}`), most));
      const { request, answer } = await statement(0);
      expect(request.extraSlots).toBe(extraSlots);
      expect(slots.free).toBe(free - extraSlots);
      answer();
      await Promise.all(settled);
    });

    it('none for acquisitions, which have their slots already', async () => {
      const { exchange, statement, slots } = open({ free: 5 });
      const acquired = exchange.acquire(aJob('a'));
      const { request, answer } = await statement(0);
      expect(request.extraSlots).toBe(0);
      expect(slots.free).toBe(5);
      answer();
      await acquired;
    });

    it('none while draining, when nothing may be handed off', async () => {
      const { exchange, statement, slots, state } = open({ free: 5 });
      state.isDraining = true;
      const settled = exchange.settle(anItem('a'), 4);
      const { request, answer } = await statement(0);
      expect(request).toMatchObject({ extraSlots: 0, handoffQueues: [] });
      expect(slots.free).toBe(5);
      answer();
      await settled;
    });

    it('and releases unused ones', async () => {
      const { exchange, statement, slots, reserved } = open({ free: 3 });
      const settled = exchange.settle(anItem('a'), 4);
      (await statement(0)).answer(aHandoff(['b']));
      expect(await settled).toMatchObject({ outcome: 'settled', next: { stepId: 'b' } });
      expect(slots.free).toBe(3);
      expect(reserved).toEqual([]);
    });

    it('and releases all of them when the statement fails', async () => {
      const { exchange, statement, slots } = open({ free: 3 });
      const settled = exchange.settle(anItem('a'), 4);
      const { fail } = await statement(0);
      expect(slots.free).toBe(0);
      fail(new Error('duplicate key'));
      await expect(settled).rejects.toThrow('duplicate key');
      expect(slots.free).toBe(3);
    });
  });

  it('accepts hand-offs only from its own queues, and passes the queues with a backlog', async () => {
    const { exchange, statement } = open({ queues: ['outline.interactive', 'refine.interactive'] });
    const settled = exchange.settle(anItem('a'), 1);
    const { request, answer } = await statement(0);
    expect(request).toMatchObject({
      handoffQueues: ['outline.interactive', 'refine.interactive'],
      queuesWithBacklog: ['draft.interactive'],
    });
    answer();
    await settled;
  });

  it('limits directly queued steps in proportion to the slots of all workers, at least one per slot', async () => {
    const capacityFor = async (liveWorkers: number): Promise<number> => {
      const { exchange, statement } = open({ liveWorkers });
      const settled = exchange.settle(anItem('a'), 1);
      const { request, answer } = await statement(0);
      answer();
      await settled;
      return request.directCapacity;
    };
    const one = await capacityFor(1);
    expect(one).toBeGreaterThanOrEqual(CONCURRENCY);
    expect(await capacityFor(3)).toBe(3 * one);
  });

  it('runs further handed-off steps concurrently, each in a reserved slot', async () => {
    const { exchange, statement, slots, reserved } = open({ free: 5 });
    const settled = exchange.settle(anItem('a'), 5);
    (await statement(0)).answer(aHandoff(['b', 'c', 'd']));
    expect(await settled).toMatchObject({ next: { stepId: 'b' } });
    expect(reserved.map(({ attempt }) => attempt.stepId)).toEqual(['c', 'd']);
    expect(slots.free).toBe(3);
    reserved.forEach(({ slot }) => {
      slot.release();
    });
    expect(slots.free).toBe(5);
  });

  it('gives each of two settles of one task in a batch a step to run next', async () => {
    const { exchange, statement, slots, reserved } = open({ free: 4 });
    const settled = [
      exchange.settle(anItem('a'), 2),
      exchange.settle(anItem('other', 'task-2'), 2),
      exchange.settle(anItem('b'), 2),
    ];
    (await statement(0)).answer(aHandoff(['c', 'd', 'e']));
    expect(await Promise.all(settled)).toMatchObject([
      { next: { stepId: 'c' } },
      { outcome: 'settled', next: undefined },
      { next: { stepId: 'd' } },
    ]);
    expect(reserved.map(({ attempt }) => attempt.stepId)).toEqual(['e']);
    expect(slots.free).toBe(3);
  });

  it('runs no handed-off step without its context', async () => {
    const { exchange, statement, slots, reserved } = open({ free: 3 });
    const settled = exchange.settle(anItem('a'), 3);
    (await statement(0)).answer({ ...aHandoff(['b', 'c']), attempts: [] });
    expect(await settled).toEqual({ outcome: 'settled', next: undefined });
    expect(reserved).toEqual([]);
    expect(slots.free).toBe(3);
  });

  it('runs a step once when it is handed off while a stale job requests it', async () => {
    const { exchange, statement } = open({ free: 3 });
    const settled = exchange.settle(anItem('a'), 1);
    const acquired = exchange.acquire(aJob('b'));
    (await statement(0)).answer(aHandoff(['b']));
    expect([(await settled).next, await acquired].filter((attempt) => attempt !== undefined)).toHaveLength(1);
  });

  describe('when another transaction has locked a task', () => {
    const lockedError = new RowLockedError(new Error('canceling statement due to lock timeout'));

    it('repeats the batch without it at once, and sends its request alone', async () => {
      const { exchange, statement } = open();
      const settled = [exchange.settle(anItem('a', 'held'), 0), exchange.settle(anItem('b', 'task-2'), 0)];
      const [held, other] = settled;
      (await statement(0)).fail(lockedError);
      const again = await statement(1);
      expect(again.request).toMatchObject({ skipLocked: true, settle: [{ stepId: 'a' }, { stepId: 'b' }] });
      again.answer({ outcomes: new Map([['b', 'settled']]), locked: ['a'] });
      expect(await other).toMatchObject({ outcome: 'settled' });
      const alone = await statement(2);
      expect(alone.request).toMatchObject({ skipLocked: false, settle: [{ stepId: 'a' }] });
      alone.answer();
      expect(await held).toMatchObject({ outcome: 'settled' });
    });

    it('sends further requests of that task alone until one has succeeded', async () => {
      const { exchange, statement } = open();
      const first = exchange.settle(anItem('a', 'held'), 0);
      (await statement(0)).fail(lockedError);
      (await statement(1)).answer({ outcomes: new Map(), locked: ['a'] });
      (await statement(2)).fail(lockedError);
      await expect(first).rejects.toBe(lockedError);
      const both = [exchange.settle(anItem('a', 'held'), 0), exchange.acquire({ ...aJob('c'), taskId: 'task-3' })];
      const sent = [await statement(3), await statement(4)];
      expect(sent.map(({ request }) => request.settle.length + request.acquire.length)).toEqual([1, 1]);
      for (const { answer } of sent) answer();
      await Promise.all(both);
      const batched = [exchange.settle(anItem('d', 'held'), 0), exchange.settle(anItem('e', 'task-4'), 0)];
      const last = await statement(5);
      expect(last.request.settle).toHaveLength(2);
      last.answer();
      await Promise.all(batched);
    });

    it('drops the job and frees its slot; the sweep adds it again', async () => {
      const { exchange, statement } = open();
      const acquired = exchange.acquire(aJob('a'));
      (await statement(0)).fail(lockedError);
      (await statement(1)).answer({ locked: ['a'] });
      (await statement(2)).fail(lockedError);
      expect(await acquired).toBeUndefined();
    });
  });
});
